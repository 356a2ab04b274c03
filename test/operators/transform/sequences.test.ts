import { describe, expect, test } from 'vitest';
import { sequences } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('sequences', {
  make: () => sequences<Readings>({ columns: ['pm25', 'temperature'], key: 'station', length: 5, gap: '3h' }),
  input: sampleReadings(),
  reads: 'temperature',
});
operatorSuite('padded sequences', {
  make: () => sequences<Readings>({ columns: ['count'], length: 3, pad: true }),
  input: sampleReadings(),
  reads: 'count',
});

const run = (rows: Parameters<typeof readings>[0], options: Partial<Parameters<typeof sequences<Readings>>[0]> = {}) =>
  runOperator(() => sequences<Readings>({ columns: ['pm25', 'temperature'], length: 2, ...options }), readings(rows));

describe('sequences', () => {
  test('the last rows of the key, oldest first, one step after another', () => {
    const result = run(
      [
        { station: 'a', hour: 0, pm25: 1, temperature: 10 },
        { station: 'b', hour: 0, pm25: 2, temperature: 20 },
        { station: 'a', hour: 1, pm25: 3, temperature: null },
        { station: 'a', hour: 2, pm25: Number.NaN, temperature: 50 },
      ],
      { key: 'station' },
    );
    expect(columnsOf(result.rows()).map(({ sequence }) => sequence)).toEqual([
      [1, 10, 3, 0],
      [3, 0, 0, 50],
    ]);
    expect(result.task.steps[0]?.counters.get('dropped:warmup')).toBe(2);
  });

  test('pads with zeros in front', () => {
    const rows = run([{ hour: 0, pm25: 1, temperature: 2 }], { pad: true }).rows();
    expect(columnsOf(rows).map(({ sequence }) => sequence)).toEqual([[0, 0, 1, 2]]);
  });

  test('a gap, or time that runs backwards, begins anew', () => {
    const rows = [0, 1, 5, 6, 4, 5].map((hour) => ({ hour, pm25: hour, temperature: 0 }));
    const sequence = columnsOf(run(rows, { gap: '2h', output: 'sequence' }).rows()).map((row) => row.sequence);
    expect(sequence).toEqual([
      [0, 0, 1, 0],
      [5, 0, 6, 0],
      [4, 0, 5, 0],
    ]);
  });
});
