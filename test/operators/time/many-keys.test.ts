/** A million keys: results are right, and memory follows what is open, not what was ever seen. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberView } from '../../../columnar/index.ts';
import { SlotTables } from '../../../kernels/index.ts';
import { count, hoppingWindow, sum, tumblingWindow } from '../../../operators/index.ts';
import { RightHistory } from '../../../operators/integrate/right-history.ts';
import { GroupSlots } from '../../../operators/time/group-slots.ts';
import type { StreamBatch } from '../../../streams/index.ts';
import { OperatorRun } from '../../contract/run-operator.ts';
import { keyedRows } from '../keyed-rows.ts';

const MILLION = 1_000_000;
const BATCH = 62_500;

/** Rows of the keys `first`, `first + 1`, ... at times `timeOf(row)`. */
function rowsOf(first: number, count: number, timeOf: (row: number) => number, firstOrdinal: number): StreamBatch {
  const times = Float64Array.from({ length: count }, (_, row) => timeOf(row));
  const number = (row: number) => first + row;
  return keyedRows(times, number, number, firstOrdinal) as never;
}

describe('a million keys', () => {
  test('in one tumbling window: each has its result, and nothing stays', () => {
    const aggregates = { rows: count(), total: sum('value') };
    const run = new OperatorRun<never>(() => tumblingWindow({ size: '1m', key: 'id', aggregates } as never) as never);
    for (let first = 0; first < MILLION; first += BATCH) run.push(rowsOf(first, BATCH, () => 0, first) as never);
    run.push(rowsOf(0, 1, () => 3_600_000, MILLION) as never);
    const [result] = run.outputs.filter(({ batch }) => batch.numRows > 0);
    expect(result?.batch.numRows).toBe(MILLION);
    expect(numberView(result?.batch as never, 'rows' as never).values.every((rows) => rows === 1)).toBe(true);
    const [ids, totals] = ['id', 'total'].map((name) => numberView(result?.batch as never, name as never).values);
    expect(ids?.every((id, row) => totals?.[row] === id)).toBe(true);
    expect(run.task.snapshot().get('tumblingWindow')?.bytes.length).toBeLessThan(300);
  });

  test('in overlapping windows: a pane has room for its own keys, not for all', () => {
    const run = new OperatorRun<never>(
      () => hoppingWindow({ size: '10m', slide: '1m', key: 'id', aggregates: { rows: count() } } as never) as never,
    );
    const [minutes, perMinute] = [100, 700];
    let results = 0;
    for (let minute = 0; minute < minutes; minute++) {
      run.push(rowsOf(minute * perMinute, perMinute, (row) => minute * 60_000 + row, minute * perMinute) as never);
      for (const { batch } of run.outputs.splice(0)) results += batch.numRows;
    }
    run.end();
    for (const { batch } of run.outputs) results += batch.numRows;
    // Each key lies in ten windows.
    expect(results).toBe(minutes * perMinute * 10);
  });

  test('of a join: superseded rows are dropped by halves', () => {
    const history = new RightHistory({ key: 'id', rightKey: 'id', direction: 'backward', tolerance: 5 });
    const keys = 200_000;
    const pass = (firstKey: number, count: number, time: number) => {
      history.append(
        rowsOf(firstKey, count, () => time, 0),
        new Float64Array(count).fill(time),
      );
      history.reach(time + 1);
      history.forget(time + 1);
    };
    for (let round = 0; round < 5; round++) {
      for (let first = 0; first < keys; first += 50_000) {
        pass(first, 50_000, round);
        expect(history.rows).toBeLessThanOrEqual(2 * keys + 50_000 + 8192);
      }
    }
    const left = rowsOf(keys - 3, 5, () => 9, 0);
    const matches = history.match(left.batch, new Float64Array(5).fill(9));
    const values = history.column('value', matches);
    expect([...(values?.values ?? []).slice(0, 3)]).toEqual([199_997, 199_998, 199_999]);
    expect([...matches.rows.subarray(3)]).toEqual([-1, -1]);
    expect(history.all(9)?.batch.numRows).toBe(keys);
    // Beyond the tolerance nothing can match any more.
    expect(history.all(10)).toBeUndefined();
    pass(0, 60_000, 11);
    expect(history.rows).toBe(60_000);
  });
});

describe('GroupSlots', () => {
  test('finds the slots of groups, dense or sparse, in order of first sight', () => {
    const groups = fc.uniqueArray(fc.integer({ min: 0, max: 99_999 }), { maxLength: 300 });
    fc.assert(
      fc.property(groups, fc.constantFrom(1, 5_000, 100_000), (members, known) => {
        const slots = new GroupSlots(new SlotTables());
        members.forEach((group, slot) => {
          slots.reserve(Math.max(known, group + 1));
          expect(slots.find(group)).toBe(-1);
          slots.add(group, slot + 7);
        });
        slots.reserve(100_000);
        expect([...slots.groups]).toEqual(members);
        expect(members.map((group) => slots.find(group))).toEqual(members.map((_, slot) => slot + 7));
        expect(slots.sparse).toBe(true);
      }),
    );
  });

  test('goes back to an array by group where many have a slot', () => {
    const slots = new GroupSlots(new SlotTables());
    slots.reserve(10_000);
    for (let group = 0; group < 10_000; group += 2) slots.add(group, group);
    expect(slots.sparse).toBe(false);
    expect(slots.find(9_998)).toBe(9_998);
    expect(slots.find(9_999)).toBe(-1);
  });
});
