export { type KafkaOptions, kafkaOptions } from './kafka-options.ts';
export { type KafkaHome, openKafka } from './open-kafka.ts';
