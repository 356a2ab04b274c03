import { z } from 'zod';
import { duration } from '../../streams/index.ts';

const brokers = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? given.split(',') : given).map((address) => address.trim()))
  .refine(
    (addresses) => addresses.length > 0 && addresses.every((address) => /^.+:\d+$/.test(address)),
    'expected host:port, several by comma',
  );

const sasl = z.object({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How the user proves who they are'),
  username: z.string(),
  password: z.string(),
});

const ssl = z.union([
  z.boolean(),
  z.object({
    ca: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe('Certificates of authorities to trust, PEM'),
    cert: z.string().optional().describe('Own certificate, PEM'),
    key: z.string().optional().describe('Own private key, PEM'),
    passphrase: z.string().optional(),
    servername: z.string().optional(),
    rejectUnauthorized: z.boolean().optional().describe('false accepts any certificate: for trials only'),
  }),
]);

/** Options of {@link openKafka}. */
export const kafkaOptions = z.strictObject({
  brokers: brokers.describe('Addresses to begin with, host:port'),
  clientId: z.string().default('millrace').describe("Name in the brokers' logs and quotas"),
  sasl: sasl.optional(),
  ssl: ssl.optional().describe('true for TLS with the known authorities, or TLS options'),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none').describe('How published records are compressed'),
  replicationFactor: z.int().min(-1).default(-1).describe("Copies of topics that are created; -1 is the brokers' default"),
  maxBytesPerFetch: z
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('Bytes asked of a partition at a time'),
  transactionTimeout: duration().default(100_000).describe('A transaction open for longer is aborted by the broker'),
  offsetsEvery: duration()
    .default(1000)
    .describe("How often the group's offsets are committed, for others to see; commit records hold the positions"),
  requestTimeout: duration().default(30_000).describe('An answer that takes longer is an error'),
  patience: duration().default(30_000).describe('How long a request is tried again while brokers are away'),
});

export type KafkaOptions = z.input<typeof kafkaOptions>;
export type KafkaSettings = z.output<typeof kafkaOptions>;
