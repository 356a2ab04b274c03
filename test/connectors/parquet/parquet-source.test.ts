import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position, RawRecord } from '../../../connectors/contract/index.ts';
import { parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const ROWS = 2_500;
const path = writeSample(join(folder, 'readings.parquet'), readingBatch(range(0, ROWS)), 700);
const source = () => parquet(path, { schema: readings, decodeIn: 'caller' }) as never;

const expectedRow = (n: number) => [['north', 'süd', 'east'][n % 3], 1_700_000_000_000 + n * 1_000, n % 7 === 3 ? null : n / 4, BigInt(n)];

describe('parquet source', () => {
  test('reads every row of every row group, with its number as offset', async () => {
    const read = await readAll(source());
    expect(read.rows).toEqual(range(0, ROWS).map(expectedRow));
    expect(read.offsets).toEqual(range(0, ROWS));
    expect(read.position).toEqual({ [path]: ROWS });
    expect(read.records).toBe(ROWS);
  });

  test('decodes in a thread of its own with the same result', async () => {
    const read = await readAll(parquet(path, { schema: readings }) as never);
    expect(read.rows).toEqual(range(0, ROWS).map(expectedRow));
  });

  test('gives the same rows from any position, under any budget, and stops exactly at until', async () => {
    const budget = fc.record({ rows: fc.integer({ min: 1, max: 1_500 }), bytes: fc.integer({ min: 1, max: 100_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.nat(ROWS), fc.nat(ROWS), fc.array(budget, { minLength: 1, maxLength: 4 }), async (one, other, budgets) => {
        const [from, until] = [Math.min(one, other), Math.max(one, other)];
        let turn = 0;
        const read = await readAll(source(), {
          position: { [path]: from },
          until: { [path]: until },
          // A few rows at a time are slow over thousands of rows, so small budgets alternate with large ones.
          budget: () =>
            turn++ % 2 === 0 ? (budgets[turn % budgets.length] as { rows: number; bytes: number }) : { rows: 500, bytes: 1e9 },
        });
        expect(read.offsets).toEqual(range(from, until));
        expect(read.rows).toEqual(range(from, until).map(expectedRow));
        expect(read.position).toEqual({ [path]: until });
      }),
      { numRuns: 25 },
    );
  });

  test('at until it waits, at the end it ends', async () => {
    const reader = parquet(path, { schema: readings, decodeIn: 'caller' }).create();
    await reader.open(0, { [path]: 10 });
    expect(await reader.next({ rows: 100, bytes: 1e6, until: { [path]: 10 } })).toBe('idle');
    const rest = await reader.next({ rows: 690, bytes: 1e9 });
    expect(rest).toMatchObject({ source: path, partition: 0, lag: ROWS - 700 });
    await reader.close();
    const done = parquet(path, { schema: readings, decodeIn: 'caller' }).create();
    await done.open(0, { [path]: ROWS });
    expect(await done.next({ rows: 1, bytes: 1 })).toBe('end');
    await done.close();
  });

  test('gives the raw row as JSON, with key, event time, file and row', async () => {
    const batches: (RawRecord | undefined)[] = [];
    await readAll(source(), { position: { [path]: 1_698 }, seen: (batch) => batches.push(batch.rawRecord(1_699), batch.rawRecord(9_999)) });
    const [record, none] = batches;
    const text = (bytes: Uint8Array | null | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());
    expect(JSON.parse(text(record?.value))).toEqual({ sensor: 'süd', at: '2023-11-14T22:41:39.000Z', value: 424.75, count: 1_699 });
    expect(text(record?.key)).toBe('süd');
    expect(record?.timestamp).toBe(1_700_000_000_000 + 1_699_000);
    expect(record?.headers.map(({ key, value }) => [key, text(value)])).toEqual([
      ['millrace.file', path],
      ['millrace.row', '1699'],
    ]);
    expect(none).toBeUndefined();
  });

  test('reads the schema of the file when none is given', async () => {
    const definition = parquet(path, { eventTime: 'at' as never, columns: ['value', 'at'], decodeIn: 'caller' });
    expect(definition.schema.fields.map(String)).toEqual(['value: Float64', 'at: Timestamp<MILLISECOND, UTC>']);
    const read = await readAll(definition as never, { position: { [path]: ROWS - 1 } });
    expect(read.rows).toEqual([[(ROWS - 1) / 4, 1_700_000_000_000 + (ROWS - 1) * 1_000]]);
  });

  test('a position beyond the file, or of a file that is gone, is refused', async () => {
    const open = (position: Position) => readAll(source(), { position });
    await expect(open({ [path]: ROWS + 1 })).rejects.toThrow(`cannot read '${path}': it has 2500 rows, but 2501 were read before`);
    await expect(open({ gone: 1 })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
