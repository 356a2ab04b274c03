import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnCondition, parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const START = 1_700_000_000_000;
const path = writeSample(join(folder, 'rows.parquet'), readingBatch(range(0, 1_000)), 100);
const where = (conditions: Readonly<Record<string, ColumnCondition>>, file = path) =>
  readAll(parquet(file, { schema: readings, where: conditions, decodeIn: 'caller' }) as never);
const counts = (read: { rows: readonly unknown[][] }) => read.rows.map((row) => Number(row[3]));

describe('where', () => {
  test('gives exactly the rows that meet all conditions, with their own numbers', async () => {
    const bound = fc.option(fc.integer({ min: -10, max: 260 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(bound, bound, bound, fc.subarray(['north', 'süd', 'east', 'west']), async (min, below, max, sensors) => {
        const read = await where({ value: { min, below, max }, sensor: { oneOf: sensors } } as never);
        const expected = range(0, 1_000).filter((n) => {
          const value = n / 4;
          const inRange = value >= (min ?? -1e9) && value < (below ?? 1e9) && value <= (max ?? 1e9);
          return n % 7 !== 3 && inRange && sensors.includes(['north', 'süd', 'east'][n % 3] as string);
        });
        expect(counts(read)).toEqual(expected);
        expect(read.offsets).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('since and until cut by event time, and what they leave out is not even read', async () => {
    // The first eight row groups are overwritten: only statistics can tell that they are not needed.
    const damaged = writeSample(join(folder, 'damaged.parquet'), readingBatch(range(0, 1_000)), 100);
    const file = openSync(damaged, 'r+');
    writeSync(file, new Uint8Array(400).fill(0xff), 0, 400, 8);
    closeSync(file);
    const source = (since: string | number | Date) =>
      parquet(damaged, { schema: readings, since, until: new Date(START + 900_000), decodeIn: 'caller' }) as never;
    expect(counts(await readAll(source(START + 850_000)))).toEqual(range(850, 900));
    expect(counts(await readAll(source(new Date(START + 850_000).toISOString())))).toEqual(range(850, 900));
    await expect(readAll(source(0))).rejects.toThrow(/damaged\.parquet': row group 0: /);
  });

  test('names a column that is not there, and a value that cannot be compared', async () => {
    await expect(where({ pressure: { min: 1 } })).rejects.toThrow("has no column 'pressure'");
    await expect(where({ value: { min: 'high' } })).rejects.toThrow('where: \'value\' is Float64 and cannot be compared with "high"');
    await expect(where({ at: { min: 'soon' } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(() => parquet(path, { where: { value: { above: 1 } } as never })).toThrow('above');
    expect(() => parquet(path, { since: 0, columns: ['value'] }).schema).toThrow('since and until need an event-time column');
  });
});
