export { type KafkaOptions, kafkaOptions } from './kafka-options.ts';
export { openKafka } from './open-kafka.ts';
