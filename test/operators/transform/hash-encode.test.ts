import { describe, expect, test } from 'vitest';
import { hashEncode } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('hashEncode', {
  make: () => hashEncode<Readings>({ columns: ['station', 'note'], size: 8 }),
  input: sampleReadings(),
  reads: 'note',
});

describe('hashEncode', () => {
  const encode = (rows: Parameters<typeof readings>[0], columns: readonly ('station' | 'note')[] = ['station'], size = 64) =>
    columnsOf(runOperator(() => hashEncode<Readings>({ columns, size }), readings(rows)).rows()).map(({ hashed }) => hashed as number[]);

  test('a value adds 1 or -1 at a place of its own, null nothing', () => {
    const [a, again, other, none] = encode([{ station: 'a', hour: 0 }, { station: 'a', hour: 1 }, { station: 'b', hour: 0 }, { hour: 0 }]);
    expect(a?.filter((value) => value !== 0).map(Math.abs)).toEqual([1]);
    expect(again).toEqual(a);
    expect(other).not.toEqual(a);
    expect(none?.every((value) => value === 0)).toBe(true);
  });

  test('columns add up, and the same value of two columns differs', () => {
    const [both] = encode([{ station: 'x', note: 'x', hour: 0 }], ['station', 'note']);
    expect(both?.filter((value) => value !== 0).length).toBe(2);
  });

  test('many values spread over places and signs', () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({ station: `sensor-${i}`, hour: 0 }));
    const encoded = encode(rows, ['station'], 16);
    const places = encoded.map((row) => row.findIndex((value) => value !== 0));
    for (let place = 0; place < 16; place++) expect(places.filter((other) => other === place).length).toBeGreaterThan(80);
    const positive = encoded.filter((row) => row.includes(1)).length;
    expect(positive).toBeGreaterThan(900);
    expect(positive).toBeLessThan(1100);
  });
});
