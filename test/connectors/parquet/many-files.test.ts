import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const START = 1_700_000_000_000;
const FILES = 150;
const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

/** Row `n` of all stands in file `n % FILES`, or in file `n / 20`. */
function write(name: string, fileOf: (n: number) => number): string {
  const rows = range(0, FILES * 20);
  for (const file of range(0, FILES)) {
    const own = rows.filter((n) => fileOf(n) === file);
    writeSample(
      join(folder, name, `${String(file).padStart(3, '0')}.parquet`),
      readingBatch(own, (n) => START + n * 1_000),
      8,
    );
  }
  return join(folder, name);
}

test.each([
  ['rows alternate between them', 'alternating', (n: number) => n % FILES],
  ['they follow one another', 'sequence', (n: number) => Math.floor(n / 20)],
] as const)('more files than may stay open, where %s, in order', async (_, name, fileOf) => {
  const path = write(name, fileOf);
  const before = openFiles();
  let most = 0;
  let batches = 0;
  const read = await readAll(parquet(path, { schema: readings, decodeIn: 'caller' }) as never, {
    budget: () => ({ rows: 1_000, bytes: 1e9 }),
    seen: () => {
      batches++;
      most = Math.max(most, openFiles() - before);
    },
  });
  expect(read.rows.map((row) => row[3])).toEqual(range(0, FILES * 20).map(BigInt));
  expect(read.offsets).toEqual([...read.offsets].sort((left, right) => left - right));
  expect(most).toBeLessThan(80);
  // Rows of small files share a batch.
  expect(batches).toBe(3);
  const at = { rows: 777, bytes: 1e9 };
  const source = parquet(path, { schema: readings, decodeIn: 'caller' }).create();
  await source.open(0, undefined);
  const first = await source.next(at);
  await source.close();
  if (typeof first === 'string') throw new Error(first);
  expect(first.lag).toBe(FILES * 20 - 777);
  const rest = await readAll(parquet(path, { schema: readings, decodeIn: 'caller' }) as never, { position: first.position });
  expect(rest.rows).toEqual(read.rows.slice(777));
  expect(rest.offsets).toEqual(read.offsets.slice(777));
});
