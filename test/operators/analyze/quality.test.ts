import { describe, expect, test } from 'vitest';
import { quality } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('quality', {
  make: () => quality<Readings, 'pm25', 'note', 'station'>({ size: '6h', key: 'station', ranges: { pm25: [20, 140] }, novel: ['note'] }),
  input: sampleReadings(),
  reads: 'pm25',
});

describe('quality', () => {
  test('rates per window', () => {
    const input = readings([
      { hour: 0, pm25: 5, note: 'a' },
      { hour: 0, pm25: 500, note: 'a' },
      { hour: 0, pm25: null, note: 'b' },
      { hour: 0, pm25: Number.NaN, note: 'b' },
      { hour: 1, pm25: 1, note: 'a' },
    ]);
    const rows = columnsOf(
      runOperator(() => quality<Readings, 'pm25', 'note'>({ size: '1h', ranges: { pm25: [0, 100] }, novel: ['note'] }), input).rows(),
    );
    expect(rows.map(({ rows, pm25Missing, pm25Outside, noteNovel }) => [rows, pm25Missing, pm25Outside, noteNovel])).toEqual([
      [4, 0.5, 0.5, 0.5],
      [1, 0, 0, 0],
    ]);
  });
});
