import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DateDay, Field, Float64, Int64, makeData, Schema, Uint64, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float64Data, makeBatch, utf8Data } from '../../../columnar/index.ts';
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

  test('compares 64-bit integers, signed or not, to the last bit; days by date; strings by code point; NaN meets no bound', async () => {
    const BIG = 2n ** 53n;
    const integers = [BIG, BIG + 1n, BIG + 2n, 5n];
    const strings = ['a', '\uff61', '\u{1f600}', 'z'];
    const fields = [
      new Field('i', new Int64()),
      new Field('u', new Uint64()),
      new Field('d', new DateDay()),
      new Field('s', new Utf8()),
      new Field('f', new Float64()),
    ];
    const columns = [
      makeData({ type: new Int64(), length: 4, data: BigInt64Array.from(integers) }),
      makeData({ type: new Uint64(), length: 4, data: BigUint64Array.of(1n, BIG + 1n, 2n ** 64n - 1n, 2n ** 63n) }),
      makeData({ type: new DateDay(), length: 4, data: Int32Array.of(19_000, 19_001, -1, 0) }),
      utf8Data(strings),
      float64Data(Float64Array.of(1, Number.NaN, 2, 3)),
    ];
    const file = writeSample(join(folder, 'exact.parquet'), makeBatch(new Schema(fields), columns), 2);
    const rows = async (conditions: Readonly<Record<string, ColumnCondition>>) =>
      (await readAll(parquet(file, { where: conditions, decodeIn: 'caller' }) as never)).offsets;
    expect(await rows({ i: { oneOf: [BIG + 1n] } })).toEqual([1]);
    expect(await rows({ i: { min: BIG + 1n } })).toEqual([1, 2]);
    expect(await rows({ i: { max: BIG } })).toEqual([0, 3]);
    expect(await rows({ i: { below: 5.5 } })).toEqual([3]);
    expect(await rows({ u: { min: 2n ** 63n } })).toEqual([2, 3]);
    expect(await rows({ u: { oneOf: [2n ** 64n - 1n, 1] } })).toEqual([0, 2]);
    expect(await rows({ d: { min: '1970-01-01', below: new Date(19_001 * 86_400_000) } })).toEqual([0, 3]);
    expect(await rows({ s: { min: '\u{1f600}' } })).toEqual([2]);
    expect(await rows({ s: { min: 'b', below: '\u{1f600}' } })).toEqual([1, 3]);
    expect(await rows({ f: { min: -10 } })).toEqual([0, 2, 3]);
    expect(await rows({ f: { max: 10 } })).toEqual([0, 2, 3]);
  });

  test('names a column that is not there, and a value that cannot be compared', async () => {
    await expect(where({ pressure: { min: 1 } })).rejects.toThrow("has no column 'pressure'");
    await expect(where({ value: { min: 'high' } })).rejects.toThrow('where: \'value\' is Float64 and cannot be compared with "high"');
    await expect(where({ at: { min: 'soon' } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(() => parquet(path, { where: { value: { above: 1 } } as never })).toThrow('above');
    expect(() => parquet(path, { since: 0, columns: ['value'] }).schema).toThrow('since and until need an event-time column');
  });
});
