import { describe, expect, test } from 'vitest';
import { spectrum } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('spectrum', {
  make: () => spectrum<Readings>({ column: 'temperature', key: 'station', length: 8, bands: 2 }),
  input: sampleReadings(),
  reads: 'temperature',
});

describe('spectrum', () => {
  const bandsOf = (periods: number) => {
    const rows = Array.from({ length: 32 }, (_, hour) => ({ hour, pm25: 50 + 10 * Math.sin((2 * Math.PI * periods * hour) / 32) }));
    const made = columnsOf(runOperator(() => spectrum<Readings>({ column: 'pm25', length: 32, bands: 8 }), readings(rows)).rows());
    return made[0]?.spectrum as number[];
  };

  test.each([
    [3, 1],
    [7, 3],
    [15, 7],
  ])('%i periods per window lie in band %i', (periods, band) => {
    const bands = bandsOf(periods);
    expect(bands.indexOf(Math.max(...bands))).toBe(band);
  });

  test('a constant has no power', () => {
    expect(bandsOf(0).every((power) => power < 1e-6)).toBe(true);
  });
});
