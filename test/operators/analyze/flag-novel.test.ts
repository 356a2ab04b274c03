import { describe, expect, test } from 'vitest';
import { flagNovel } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('flagNovel', {
  make: () => flagNovel<Readings, 'note'>({ column: 'note', maxValues: 3 }),
  input: sampleReadings(),
  reads: 'note',
});

describe('flagNovel', () => {
  test('a value is novel once, and again when it was forgotten', () => {
    const flags = (maxValues: number) =>
      columnsOf(
        runOperator(
          () => flagNovel<Readings, 'note'>({ column: 'note', maxValues }),
          readings(['a', 'b', null, 'a', 'c', 'a'].map((note, hour) => ({ hour, note }))),
        ).rows(),
      ).map(({ noteNovel }) => noteNovel);
    expect(flags(10)).toEqual([1, 1, 0, 0, 1, 0]);
    expect(flags(2)).toEqual([1, 1, 0, 0, 1, 1]);
  });
});
