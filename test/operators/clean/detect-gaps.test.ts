import { describe, expect, test } from 'vitest';
import { detectGaps } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('detectGaps', {
  make: () => detectGaps<Readings>({ key: 'station', longerThan: '90m' }),
  input: sampleReadings(),
  reads: 'station',
});

describe('detectGaps', () => {
  test('tells how long a key was silent', () => {
    const input = readings([0, 1, 5, 3, 6].map((hour) => ({ station: 'a', hour })));
    const rows = columnsOf(runOperator(() => detectGaps<Readings>({ key: 'station', longerThan: '2h' }), input).rows());
    expect(rows.map(({ sinceLast, gap }) => [sinceLast, gap])).toEqual([
      [null, 0],
      [3_600_000, 0],
      [4 * 3_600_000, 1],
      [-2 * 3_600_000, 0],
      [3_600_000, 0],
    ]);
  });
});
