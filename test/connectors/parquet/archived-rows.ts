import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parquet } from '../../../connectors/parquet/index.ts';
import { type StreamBatch, streamBatch } from '../../../streams/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch } from './sample-files.ts';

const START = 1_700_000_000_000;
const HOUR = 3_600_000;

/** Event time of reading `n`: twenty an hour, and every tenth comes two hours late. */
export const lateTime = (n: number) => START + Math.floor(n / 20) * HOUR - (n % 10 === 9 ? 2 * HOUR : 0);

/** Readings of these numbers, consecutive ones of a stream that begins with number 0. */
export function lateBatch(numbers: readonly number[]) {
  const first = numbers[0] ?? 0;
  let watermark = Math.max(Number.NEGATIVE_INFINITY, ...range(0, first).map(lateTime));
  const watermarks = Float64Array.from(numbers, (n) => {
    watermark = Math.max(watermark, lateTime(n));
    return watermark;
  });
  const origin = { source: 'readings', partition: 0, offset: first };
  return streamBatch(readingBatch(numbers, lateTime), { firstOrdinal: first, watermark: watermarks, origin }) as StreamBatch<never>;
}

/** The values of one column in the files that readers of an archive see, by file, in the order of names. */
export async function archivedRows(folder: string, column: string): Promise<Record<string, unknown[]>> {
  const files: Record<string, unknown[]> = {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
    entry,
    path: join(entry.parentPath, entry.name),
  }));
  for (const { entry, path } of entries.sort((left, right) => (left.path < right.path ? -1 : 1))) {
    if (!entry.isFile() || path.includes('_millrace')) continue;
    const read = await readAll(parquet(path, { columns: [column], decodeIn: 'caller' }) as never);
    files[relative(folder, path)] = read.rows.map(([value]) => value);
  }
  return files;
}
