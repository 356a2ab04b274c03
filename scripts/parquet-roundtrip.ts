/**
 * Reads the fixtures of test/connectors/parquet by our source and archives them by our sink, for scripts/parquet-roundtrip.py to compare:
 *
 *     node --conditions=millrace-source scripts/parquet-roundtrip.ts FOLDER
 *     bench/.venv/bin/python scripts/parquet-roundtrip.py FOLDER
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int32,
  Int64,
  Schema,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { type Batch, float64Data, makeBatch } from '../columnar/index.ts';
import { type ArchiveOptions, archive, parquet } from '../connectors/parquet/index.ts';
import { streamBatch } from '../streams/index.ts';

const output = process.argv[2] ?? 'roundtrip';
const fixtures = fileURLToPath(new URL('../test/connectors/parquet/fixtures/', import.meta.url));

async function archived(name: string, batches: AsyncIterable<Batch> | Iterable<Batch>, options: ArchiveOptions = {}): Promise<void> {
  const sink = archive(join(output, name), options).create();
  await sink.open('roundtrip');
  await sink.recover(undefined);
  for await (const batch of batches) await sink.write(streamBatch(batch));
  await sink.prepare(1);
  await sink.commit(1);
  await sink.close();
}

async function* batchesOf(path: string): AsyncGenerator<Batch> {
  const source = parquet(path).create();
  await source.open(0, undefined);
  for (let batch = await source.next({ rows: 4_096, bytes: 1e8 }); batch !== 'end'; batch = await source.next({ rows: 4_096, bytes: 1e8 }))
    if (batch !== 'idle') yield batch.batch;
  await source.close();
}

/** Rows that need several pages, of every type that our encoder knows; row `n` is made of `n` alone, and scripts/parquet-roundtrip.py makes the same. */
function* everyType(rows: number, batchRows: number): Generator<Batch> {
  const isNull = (n: number) => n % 7 === 3;
  const types: Record<string, [DataType, (n: number) => unknown]> = {
    flag: [new Bool(), (n) => n % 3 === 0],
    i8: [new Int8(), (n) => (n % 256) - 128],
    u16: [new Uint16(), (n) => n % 65_536],
    i32: [new Int32(), (n) => n * 7 - 100_000],
    u32: [new Uint32(), (n) => 4_294_967_295 - n],
    i64: [new Int64(), (n) => BigInt(n) * 4_000_000_007n - 5n],
    u64: [new Uint64(), (n) => 18_446_744_073_709_551_615n - BigInt(n)],
    f32: [new Float32(), (n) => (n % 13 === 1 ? Number.NaN : n / 4)],
    f64: [new Float64(), (n) => (n % 13 === 1 ? Number.NaN : (n % 1_000) / 8)],
    few: [new Utf8(), (n) => `tëxt ${n % 41}`],
    many: [new Utf8(), (n) => `${'x'.repeat(n % 23)}${n}`],
    long: [new Utf8(), (n) => (n % 101 === 0 ? 'y'.repeat(3_000) : '')],
    bytes: [new Binary(), (n) => Uint8Array.of(n & 255, (n >> 8) & 255)],
    category: [new Dictionary(new Utf8(), new Int32(), 1_001), (n) => `c${n % 300}`],
  };
  const fields = Object.entries(types).map(([name, [type]]) => new Field(name, type, true));
  const schema = new Schema(fields);
  for (let from = 0; from < rows; from += batchRows) {
    const numbers = Array.from({ length: Math.min(batchRows, rows - from) }, (_, row) => from + row);
    const columns = Object.values(types).map(
      ([type, valueFor]) =>
        vectorFromArray(
          numbers.map((n) => (isNull(n) ? null : valueFor(n))),
          type as never,
        ).data[0] as Data,
    );
    yield makeBatch(schema, columns);
  }
}

/** Columns c0, c1, ... of row numbers times the column's number. */
function* numbered(columns: number, rows: number, batchRows: number): Generator<Batch> {
  const schema = new Schema(Array.from({ length: columns }, (_, column) => new Field(`c${column}`, new Float64(), true)));
  for (let from = 0; from < rows; from += batchRows) {
    const count = Math.min(batchRows, rows - from);
    const data = schema.fields.map((_, column) => float64Data(Float64Array.from({ length: count }, (_, row) => (from + row) * column)));
    yield makeBatch(schema, data);
  }
}

for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.parquet'))) {
  const name = file.slice(0, -'.parquet'.length);
  if (!name.startsWith('no-')) await archived(name, batchesOf(join(fixtures, file)));
}
for (const compression of ['snappy', 'zstd', 'gzip', 'brotli', 'uncompressed', 'lz4'] as const)
  await archived(`types-${compression}`, everyType(60_000, 4_099), { compression, rowGroupRows: 50_000 });
await archived('wide', numbered(2_000, 30, 7));
await archived('giant', numbered(3, 5_000_000, 65_536), { rowGroupRows: 5_000_000, rowGroupBytes: 2 ** 30, roll: { rows: 5_000_000 } });
console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
