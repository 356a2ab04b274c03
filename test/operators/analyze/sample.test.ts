import { describe, expect, test } from 'vitest';
import { sample } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('sample', { make: () => sample<Readings>({ rows: 20, seed: 3 }), input: sampleReadings() });

describe('sample', () => {
  const ordinals = (rows: number, seed: number, of = 100) =>
    runOperator(() => sample<Readings>({ rows, seed }), readings(Array.from({ length: of }, (_, hour) => ({ hour }))))
      .rows()
      .map(({ ordinal }) => ordinal);

  test('all rows while they fit, then as many as asked, in order', () => {
    expect(ordinals(10, 1, 4)).toEqual([0, 1, 2, 3]);
    const chosen = ordinals(10, 1);
    expect(chosen.length).toBe(10);
    expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
    expect(ordinals(10, 2)).not.toEqual(chosen);
  });

  test('every row has the same chance', () => {
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 400; seed++) for (const ordinal of ordinals(5, seed, 20)) counts[ordinal] = (counts[ordinal] ?? 0) + 1;
    // 100 expected, standard deviation 8.7.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40);
    expect(columnsOf([]).length).toBe(0);
  });
});
