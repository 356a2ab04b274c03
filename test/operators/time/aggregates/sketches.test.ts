import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../../kernels/index.ts';
import { argMax, count, distinct, histogram, topK, tumblingWindow } from '../../../../operators/index.ts';
import { DdSketch } from '../../../../operators/time/aggregates/dd-sketch.ts';
import { HyperLogLog } from '../../../../operators/time/aggregates/hyper-log-log.ts';
import { StateReader, StateWriter } from '../../../../streams/index.ts';
import { columnsOf, runOperator } from '../../../contract/run-operator.ts';
import { type Reading, type Readings, readings } from '../../readings.ts';

const bytesOf = (sketch: { write(out: StateWriter): void }) => {
  const out = new StateWriter();
  sketch.write(out);
  return out.finish();
};

describe('DdSketch', () => {
  const sketchOf = (values: readonly number[]) => {
    const sketch = new DdSketch(0.01);
    for (const value of values) sketch.add(value);
    return sketch;
  };

  test('every quantile lies within the relative accuracy, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const exact = values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] as number;
          expect(Math.abs(sketchOf(values).quantile(q) - exact)).toBeLessThanOrEqual(0.0100001 * Math.abs(exact));
        },
      ),
    );
  });

  test('two sketches merged are the sketch of all values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true })),
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true })),
        (a, b) => {
          const merged = sketchOf(a);
          merged.merge(sketchOf(b));
          expect(bytesOf(merged)).toEqual(bytesOf(sketchOf([...a, ...b])));
          expect(bytesOf(DdSketch.read(0.01, new StateReader(bytesOf(merged))))).toEqual(bytesOf(merged));
        },
      ),
    );
  });

  test('keeps to its number of buckets', () => {
    const sketch = sketchOf(Array.from({ length: 5000 }, (_, i) => 1.03 ** (i - 2500)));
    expect(bytesOf(sketch).length).toBeLessThan(2049 * 16 + 32);
    expect(sketch.quantile(1) / 1.03 ** 2499).toBeCloseTo(1, 1);
  });
});

describe('HyperLogLog', () => {
  const sketchOf = (from: number, to: number) => {
    const sketch = new HyperLogLog();
    for (let value = from; value < to; value++) {
      const random = new Random(value + 1);
      sketch.add(random.uint32() | 0, random.uint32() | 0);
    }
    return sketch;
  };

  test.each([0, 1, 512, 513, 5000, 50_000])('counts %i distinct values', (size) => {
    const estimate = sketchOf(0, size).count();
    if (size <= 512) expect(estimate).toBe(size);
    else expect(Math.abs(estimate / size - 1)).toBeLessThan(0.06);
  });

  test('counts a value once, and merges small and large', () => {
    const sketch = sketchOf(0, 300);
    sketch.merge(sketchOf(0, 300));
    expect(sketch.count()).toBe(300);
    sketch.merge(sketchOf(200, 3000));
    const other = sketchOf(0, 3000);
    other.merge(sketchOf(100, 200));
    expect(Math.abs(sketch.count() / 3000 - 1)).toBeLessThan(0.06);
    expect(bytesOf(sketch)).toEqual(bytesOf(other));
    expect(bytesOf(HyperLogLog.read(new StateReader(bytesOf(sketch))))).toEqual(bytesOf(sketch));
  });
});

const aggregate = <A extends Parameters<typeof tumblingWindow<Readings, never>>[0]['aggregates']>(
  aggregates: A,
  rows: readonly Reading[],
) => columnsOf(runOperator(() => tumblingWindow<Readings, never>({ size: '3650d', aggregates }), readings(rows)).rows())[0];

describe('aggregates in windows', () => {
  test('distinct over strings of one shape', () => {
    const rows = Array.from({ length: 4000 }, (_, i) => ({ hour: 0, note: `sensor-${i % 2000}` }));
    const row = aggregate({ notes: distinct('note'), rows: count() } as never, rows);
    expect(Math.abs((row?.notes as number) / 2000 - 1)).toBeLessThan(0.06);
    expect(row?.rows).toBe(4000);
  });

  test('topK finds the frequent values among many', () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      hour: 0,
      note: i % 3 === 0 ? 'often' : i % 5 === 0 ? 'sometimes' : `once-${i}`,
    }));
    expect(aggregate({ top: topK('note', 2) } as never, rows)?.top).toEqual(['often', 'sometimes']);
  });

  test('histogram counts between edges', () => {
    const rows = [-5, 0, 5, 10, 99, 100, null, Number.NaN].map((pm25) => ({ hour: 0, pm25 }));
    expect(aggregate({ counts: histogram('pm25', [0, 10, 100]) } as never, rows)?.counts).toEqual([1, 2, 2, 1]);
    expect(() => histogram('pm25', [1, 1])).toThrow('ascend');
  });

  test('argMax takes the first of equals and passes over missing values', () => {
    const rows = [
      { hour: 0, pm25: 3, count: 1 },
      { hour: 0, pm25: 9, count: null },
      { hour: 0, pm25: 5, count: 2 },
      { hour: 0, pm25: 5, count: 3 },
    ];
    expect(aggregate({ best: argMax('count', 'pm25') } as never, rows)?.best).toBe(2);
  });
});
