import { z } from 'zod';

/** Options of every command that opens a home. */
export const homeOptions = {
  brokers: z
    .string()
    .default(process.env.KAFKA_BROKERS ?? '')
    .describe('Kafka brokers, host:port,...; or KAFKA_BROKERS. Without: the embedded log'),
  state: z.string().default('.millrace').describe('folder of the embedded log'),
};
