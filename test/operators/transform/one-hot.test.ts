import { describe, expect, test } from 'vitest';
import { oneHot } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

const make = () => oneHot<Readings, 'station', 'a' | 'b'>({ column: 'station', values: ['a', 'b'] });

operatorSuite('oneHot', { make, input: sampleReadings(), reads: 'station' });

describe('oneHot', () => {
  test('marks the named values, and nothing for others and for null', () => {
    const input = readings(['a', 'b', 'c', null].map((station, hour) => ({ station, hour })) as never);
    const rows = columnsOf(runOperator(make, input).rows());
    expect(rows.map((row) => [row.station_a, row.station_b])).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
  });
});
