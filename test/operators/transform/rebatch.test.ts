import { describe, expect, test } from 'vitest';
import { rebatch } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('rebatch', { make: () => rebatch<Readings>(64), input: sampleReadings() });

describe('rebatch', () => {
  test('whole multiples go out, the rest at the end', () => {
    const run = runOperator(
      () => rebatch<Readings>(3),
      readings([{ hour: 0 }]),
      readings([{ hour: 1 }, { hour: 2 }, { hour: 3 }], { firstOrdinal: 1 }),
    );
    expect(run.outputs.map(({ batch }) => batch.numRows)).toEqual([0, 3, 1]);
    expect(columnsOf(run.rows()).length).toBe(4);
  });

  test('refuses sizes that are none', () => {
    expect(() => rebatch(0)).toThrow('rebatch(0)');
  });
});
