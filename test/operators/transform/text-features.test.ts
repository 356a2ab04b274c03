import { describe, expect, test } from 'vitest';
import { textFeatures, tokenize } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('textFeatures', {
  make: () => textFeatures<Readings>({ column: 'note', size: 16, words: 2, characters: 3 }),
  input: sampleReadings(),
  reads: 'note',
});

describe('textFeatures', () => {
  const features = (notes: readonly (string | null)[], options: { words?: number; characters?: number } = {}) =>
    columnsOf(
      runOperator(
        () => textFeatures<Readings>({ column: 'note', size: 256, ...options }),
        readings(notes.map((note, hour) => ({ hour, note }))),
      ).rows(),
    ).map(({ text }) => text as number[]);
  const product = (a: readonly number[] = [], b: readonly number[] = []) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

  test('has length 1, or 0 without words', () => {
    const [one, none, empty] = features(['Dust, and more dust!', null, '...']);
    expect(product(one, one)).toBeCloseTo(1, 6);
    expect(product(none, none)).toBe(0);
    expect(product(empty, empty)).toBe(0);
  });

  test('texts that share words are near, also in other cases', () => {
    const [a, b, c] = features(['pump failed at night', 'Pump FAILED today', 'all quiet']);
    expect(product(a, b)).toBeGreaterThan(product(a, c));
  });

  test('runs of characters find inflections', () => {
    const [a, b] = features(['failure', 'failures'], { words: 0, characters: 3 });
    expect(product(a, b)).toBeGreaterThan(0.6);
  });

  test('tokenize', () => {
    expect(tokenize("Don't stop: 42 Größen")).toEqual(["don't", 'stop', '42', 'größen']);
  });
});
