import { describe, expect, test } from 'vitest';
import { categoryData, float64Data, makeBatch, timestampData } from '../../../columnar/index.ts';
import { filterRows, lag } from '../../../operators/index.ts';
import { jsonRecords, runOperator, runSteps } from '../../../pipeline/testing.ts';
import { type StreamBatch, statefulOperator, streamBatch, union } from '../../../streams/index.ts';
import { type EventColumns, event, runningTotal } from '../example-pipelines.ts';

function events(values: readonly number[], firstOrdinal = 0): StreamBatch<EventColumns> {
  const codes = Int32Array.from(values, (_, row) => row % 2);
  const times = values.map((_, row) => 1000 * (firstOrdinal + row));
  return streamBatch(makeBatch(event, [categoryData(codes, ['a', 'b']), timestampData(times), float64Data(Float64Array.from(values))]), {
    firstOrdinal,
  });
}

describe('runOperator', () => {
  test('gives rows, rejects, counters and state of an operator', async () => {
    const run = await runOperator([events([1, 2, 3, -4])], () => runningTotal());
    expect(run.rows.out?.map(({ sensor, total }) => [sensor, total])).toEqual([
      ['a', 1],
      ['b', 2],
      ['a', 4],
    ]);
    expect(run.rejects).toMatchObject([{ step: 'runningTotal', ordinal: 3 }]);
    expect(run.counters.runningTotal).toEqual({ in: 4, out: 3, rejected: 1 });
    expect(run.state.get('runningTotal')?.length).toBeGreaterThan(0);
  });

  test.each([{ batchRows: 1 }, { batchRows: 3 }, { batchRows: 2, restartAfter: 2 }])(
    'gives the same, cut and restarted by %o',
    async (options) => {
      const input = [events([5, 6, 7, 8, 9, 10, 11])];
      const whole = await runOperator(input, () => lag({ columns: ['value'], key: 'sensor', steps: [1] }));
      const cut = await runOperator(input, () => lag({ columns: ['value'], key: 'sensor', steps: [1] }), options);
      expect(cut.rows).toEqual(whole.rows);
      expect(cut.state).toEqual(whole.state);
      expect(cut.counters).toEqual(whole.counters);
    },
  );

  test('names a step that loses rows, and one whose state is not in its snapshot', async () => {
    const loses = () =>
      statefulOperator<EventColumns, EventColumns, null>('loses', {
        version: 1,
        ledger: { left: ['in'], right: ['out'] },
        create: () => null,
        onBatch: () => undefined,
        snapshot: () => {},
        restore: () => null,
      });
    await expect(runOperator([events([1])], loses)).rejects.toMatchObject({ code: 'LEDGER_UNBALANCED', step: 'loses' });
    const forgets = () =>
      statefulOperator<EventColumns, EventColumns, { rows: number }>('forgets', {
        version: 1,
        ledger: { left: ['in'], right: ['out'] },
        create: () => ({ rows: 0 }),
        onBatch: (state, input) => {
          state.rows += input.batch.numRows;
          return { ...input, batch: input.batch, sub: input.sub.map(() => state.rows) };
        },
        snapshot: () => {},
        restore: () => ({ rows: 0 }),
      });
    const input = [events([1, 2]), events([3, 4], 2)];
    const [whole, restarted] = [await runOperator(input, forgets), await runOperator(input, forgets, { restartAfter: 1 })];
    expect(restarted.batches.out?.map(({ sub }) => [...sub])).not.toEqual(whole.batches.out?.map(({ sub }) => [...sub]));
  });
});

test('runSteps runs steps with several inputs and outputs', async () => {
  const even = [events([1, 2]), events([3, 4], 4)];
  const odd = [events([10, 20], 2)];
  const { rows } = await runSteps({ even, odd }, ({ even: first, odd: second }) => {
    const all = union(first as never, second as never);
    return { all, big: filterRows<EventColumns>(({ value }) => value.greaterThan(3))(all as never) };
  });
  expect(rows.all?.map(({ value }) => value)).toEqual([1, 2, 10, 20, 3, 4]);
  expect(rows.big?.map(({ value }) => value)).toEqual([10, 20, 4]);
});

test('jsonRecords takes rows and broken text alike, with keys and timestamps', () => {
  const records = jsonRecords([{ id: 'a', at: 5 }, '{', { id: null, at: 6 }], { key: 'id', timestamp: 'at' });
  expect([...records.timestamp]).toEqual([5, 1, 6]);
  expect([...records.keyLength]).toEqual([1, -1, -1]);
  expect([...records.valueLength]).toEqual([17, 1, 18]);
});
