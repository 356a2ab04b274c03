import { z } from 'zod';
import type { HomeOptions } from '../pipeline/index.ts';
import type { Duration } from '../streams/index.ts';

/** Options of every command that opens a home. */
export const homeOptions = {
  brokers: z
    .string()
    .default(process.env.KAFKA_BROKERS ?? '')
    .describe('Kafka brokers, host:port,...; or KAFKA_BROKERS. Without: the embedded log'),
  patience: z.string().optional().describe('how long Kafka is tried again while brokers are away (default 30s)'),
  state: z.string().default('.millrace').describe('folder of the embedded log'),
};

/** The options of {@link homeOptions} as a command gets them. */
export interface HomeChoice {
  readonly brokers: string;
  readonly patience?: string | undefined;
  readonly state: string;
}

/** What they say to `openHome` and `start`. */
export const homeOf = ({ brokers, patience, state }: HomeChoice): HomeOptions => ({
  brokers,
  state,
  ...(patience === undefined ? {} : { patience: patience as Duration }),
});
