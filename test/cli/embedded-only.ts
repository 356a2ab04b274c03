/** Tests of the command line work on the embedded log, also where the tests of Kafka are given brokers. To be imported before the commands: they read it at once. */
process.env.KAFKA_BROKERS = '';
