/**
 * Reads the fixtures of test/connectors/parquet by our source and archives them by our sink, for scripts/parquet-roundtrip.py to compare:
 *
 *     node --conditions=millrace-source scripts/parquet-roundtrip.ts FOLDER
 *     bench/.venv/bin/python scripts/parquet-roundtrip.py FOLDER
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Field, Float64, Schema } from 'apache-arrow';
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
await archived('wide', numbered(2_000, 30, 7));
await archived('giant', numbered(3, 5_000_000, 65_536), { rowGroupRows: 5_000_000, roll: { rows: 5_000_000 } });
console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
