/**
 * Mutates record batches and decodes them: every one must give records or a DECODE_FAILED, quickly and within its own bytes. Batches that are left whole must give what kafkajs' decoder gives.
 * The short form is in test/connectors/records.
 *
 *   node scripts/fuzz-record-batches.ts [--count 1000000] [--seed 1]
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { RecordWriter } from '../connectors/contract/index.ts';
import { type Compression, decodeRecordBatch, encodeHeaders, encodeRecordBatch, rawRecordAt } from '../connectors/records/index.ts';
import { MillraceError } from '../streams/index.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } });
const require = createRequire(import.meta.url);
const KafkaDecoder = require('kafkajs/src/protocol/decoder');
const decodeByKafkaJs = require('kafkajs/src/protocol/recordBatch/v0/decoder');

/** Mulberry32: small, seeded, good enough to mutate bytes. */
let state = Number(values.seed);
function below(limit: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
}

const randomBytes = (most: number) => Uint8Array.from({ length: below(most + 1) }, () => below(256));
const CODECS: readonly Compression[] = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];

function randomBatch(): { readonly bytes: Uint8Array; readonly codec: Compression } {
  const writer = new RecordWriter();
  for (let record = 0; record <= below(6); record++) {
    writer.value(below(8) === 0 ? null : randomBytes(40));
    const headers = below(3) === 0 ? encodeHeaders([{ key: `h${below(9)}`, value: below(3) === 0 ? null : randomBytes(9) }]) : undefined;
    writer.endRecord({ key: below(3) === 0 ? randomBytes(9) : null, timestamp: 1_700_000_000_000 + below(100_000), headers });
  }
  const codec = CODECS[below(CODECS.length)] as Compression;
  return { bytes: encodeRecordBatch(writer.finish(), { baseOffset: below(1_000_000), compression: codec }), codec };
}

function mutated(bytes: Uint8Array): Uint8Array {
  const broken = bytes.slice(0, below(4) === 0 ? below(bytes.length + 1) : bytes.length);
  for (let edit = 0; edit <= below(4) && broken.length > 0; edit++) {
    broken[below(broken.length)] = below(3) === 0 ? [0, 127, 128, 255][below(4)]! : below(256);
  }
  return broken;
}

function mustBeCleanly(bytes: Uint8Array, verify: boolean): 'records' | 'refused' {
  try {
    const { records, next } = decodeRecordBatch(bytes, 0, { verify });
    if (next > bytes.length) throw new Error(`read to ${next} of ${bytes.length}`);
    for (let record = 0; record < records.count; record++) rawRecordAt(records, record);
    return 'records';
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.code === 'DECODE_FAILED') return 'refused';
    throw new Error(`bytes ${Buffer.from(bytes).toString('hex')}`, { cause: thrown });
  }
}

async function mustAgree(bytes: Uint8Array): Promise<void> {
  const { records } = decodeRecordBatch(bytes, 0);
  const theirs = (await decodeByKafkaJs(new KafkaDecoder(Buffer.from(bytes)))).records as {
    offset: string;
    timestamp: string;
    key: Buffer | null;
    value: Buffer | null;
  }[];
  const ours = Array.from({ length: records.count }, (_, record) => rawRecordAt(records, record));
  const text = (bytesOrNull: Uint8Array | null) => (bytesOrNull === null ? null : Buffer.from(bytesOrNull).toString('hex'));
  const row = (offset: unknown, timestamp: unknown, key: Uint8Array | null, value: Uint8Array | null) =>
    `${offset} ${timestamp} ${text(key)} ${text(value)}`;
  const left = ours.map((one) => row(one.offset, one.timestamp, one.key, one.value)).join('\n');
  const right = theirs.map((one) => row(one.offset, one.timestamp, one.key, one.value)).join('\n');
  if (left !== right) throw new Error(`we read\n${left}\nkafkajs reads\n${right}`);
}

const count = Number(values.count);
const tally = { records: 0, refused: 0, agreed: 0 };
let slowest = 0;
for (let round = 0; round < count; round++) {
  const { bytes, codec } = randomBatch();
  if (round % 100 === 0 && (codec === 'none' || codec === 'gzip')) {
    await mustAgree(bytes);
    tally.agreed++;
  }
  const begun = performance.now();
  tally[mustBeCleanly(mutated(bytes), below(2) === 0)]++;
  slowest = Math.max(slowest, performance.now() - begun);
}
console.log(
  `${count} mutated batches: ${tally.records} gave records, ${tally.refused} were refused, ${tally.agreed} whole ones equal to kafkajs'; slowest ${slowest.toFixed(1)} ms`,
);
