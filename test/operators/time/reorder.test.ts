import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reorder } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

operatorSuite('reorder', {
  make: () => reorder<Readings>(),
  input: { ...sampleReadings(400, 1, 2), mark: { ordinal: 400, watermark: START + 60 * HOUR } },
});

describe('reorder', () => {
  test('rows wait for the watermark and come out by event time', () => {
    const run = runOperator(
      () => reorder<Readings>(),
      readings(
        [2, 0, 1, 1, 4, 5].map((hour, index) => ({ hour, pm25: index })),
        { lateness: 2 },
      ),
    );
    expect(run.rows().map(({ row, ordinal, sub, watermark }) => [row.pm25, ordinal, sub, (watermark - START) / HOUR])).toEqual([
      [1, 4, 0, 0],
      [2, 4, 1, 1],
      [3, 4, 2, 1],
      [0, 5, 0, 2],
      [4, 5, 1, 4],
      [5, 5, 2, 5],
    ]);
  });

  test('what comes out is sorted, and nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 80 }), fc.integer({ min: 0, max: 10 }), (hours, lateness) => {
        const run = runOperator(
          () => reorder<Readings>(),
          readings(
            hours.map((hour) => ({ hour })),
            { lateness },
          ),
        );
        const times = run.rows().map(({ row }) => row.at as number);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.length + (run.task.steps[0]?.counters.get('late') ?? 0)).toBe(hours.length);
        expect(run.task.unbalanced()).toEqual([]);
      }),
    );
  });
});
