import type { TypeMap } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clipOutliers,
  detectGaps,
  detectStuck,
  difference,
  exponentialAverage,
  flagOutliers,
  impute,
  lag,
  minMax,
  resample,
  rolling,
  sequences,
  spectrum,
  standardize,
} from '../../../operators/index.ts';
import type { Operator } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { OperatorRun, reslice, runOperator } from '../../contract/run-operator.ts';
import { type Reading, type Readings, readings } from '../readings.ts';

type Ttl = { readonly stateTtl?: string };
const TTL_HOURS = 5;
const columns = ['pm25'] as const;
const key = 'station' as const;

/** Every operator that remembers something per key and row. */
const operators: readonly [string, (ttl: Ttl) => Operator<Readings, TypeMap>][] = [
  ['impute', (ttl) => impute({ columns, key, ...ttl } as never) as never],
  ['standardize', (ttl) => standardize({ columns, key, ...ttl } as never) as never],
  ['minMax', (ttl) => minMax({ columns, key, ...ttl } as never) as never],
  ['flagOutliers', (ttl) => flagOutliers({ columns, key, window: 5, ...ttl } as never) as never],
  ['clipOutliers', (ttl) => clipOutliers({ columns, key, window: 5, ...ttl } as never) as never],
  ['detectStuck', (ttl) => detectStuck({ columns, key, rows: 2, ...ttl } as never) as never],
  ['detectGaps', (ttl) => detectGaps({ key, longerThan: '1h', ...ttl } as never) as never],
  ['lag', (ttl) => lag({ columns, key, steps: [1, 3], ...ttl } as never) as never],
  ['difference', (ttl) => difference({ columns, key, steps: [2], ...ttl } as never) as never],
  ['rolling', (ttl) => rolling({ columns, key, rows: 3, statistics: ['Mean', 'Max'], ...ttl } as never) as never],
  ['exponentialAverage', (ttl) => exponentialAverage({ columns, key, halfLife: '2h', ...ttl } as never) as never],
  ['sequences', (ttl) => sequences({ columns, key, length: 3, pad: true, ...ttl } as never) as never],
  ['spectrum', (ttl) => spectrum({ column: 'pm25', key, length: 4, bands: 2, ...ttl } as never) as never],
  ['resample', (ttl) => resample({ columns, key, every: '30m', gap: '8h', ...ttl } as never) as never],
];

/** Every key gets another name when it comes again after more than the ttl: without a ttl, that is what forgetting means. */
function renamed(rows: readonly Reading[]): Reading[] {
  const seen = new Map<string, { hour: number; life: number }>();
  let watermark = Number.NEGATIVE_INFINITY;
  return rows.map((row) => {
    watermark = Math.max(watermark, row.hour);
    if (typeof row.station !== 'string') return row;
    const known = seen.get(row.station) ?? { hour: watermark, life: 0 };
    const life = watermark - known.hour > TTL_HOURS ? known.life + 1 : known.life;
    seen.set(row.station, { hour: watermark, life });
    return { ...row, station: `${row.station}#${life}` };
  });
}

const row = fc.record({
  station: fc.constantFrom('a', 'b', 'c', null),
  pause: fc.constantFrom(0, 0, 1, 2, 6, -3),
  pm25: fc.constantFrom(1, 2, 2, 7, null),
});
const rowsOfLife = fc.array(row, { maxLength: 60 }).map((steps) => {
  let hour = 0;
  return steps.map(({ station, pause, pm25 }): Reading => {
    hour += pause;
    return { station, hour, pm25 };
  });
});

const withoutStation = (run: OperatorRun<Readings, TypeMap>) =>
  run.rows().map(({ row: { station: _station, ...rest }, ...order }) => ({ ...order, row: rest }));

describe.each(operators)('%s with a state ttl', (_name, make) => {
  test('does as if a key that was not seen for so long were another one, in every cut', () => {
    fc.assert(
      fc.property(rowsOfLife, fc.integer({ min: 1, max: 20 }), (rows, size) => {
        const expected = withoutStation(runOperator(() => make({}), readings(renamed(rows))));
        const ttl = { stateTtl: `${TTL_HOURS}h` };
        expect(withoutStation(runOperator(() => make(ttl), ...reslice(readings(rows), size)))).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});

/** Hundreds of keys that come one after another, each three times within two hours; and one that stays. */
const manyKeys = (): Reading[] =>
  Array.from({ length: 1500 }, (_, index) =>
    index % 12 === 0
      ? { station: 'stays', hour: index / 50, pm25: index }
      : { station: `key-${index % 3 === 0 ? index : index - (index % 3)}`, hour: index / 50, pm25: index % 7 },
  );

operatorSuite('standardize with a state ttl', {
  make: () => standardize<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', stateTtl: '2h' }),
  input: readings(manyKeys()),
  reads: 'station',
});
operatorSuite('sequences with a state ttl', {
  make: () => sequences<Readings>({ columns: ['pm25'], key: 'station', length: 3, stateTtl: '2h' }),
  input: readings(manyKeys()),
});

test('a state that was written without a ttl is read by an operator with one, and the other way round', () => {
  const rows = readings([0, 1, 2, 9].map((hour) => ({ station: 'a', hour, pm25: hour })));
  const [first, rest] = [reslice(rows, 2)[0], reslice(rows, 2)[1]];
  const [plain, forgetting] = [
    () => lag<Readings, 'pm25', 1>({ columns, key, steps: [1] }),
    () => lag<Readings, 'pm25', 1>({ columns, key, steps: [1], stateTtl: '5h' }),
  ];
  const values = (from: typeof plain, to: typeof plain) => {
    const before = new OperatorRun(from).push(first as never);
    const after = new OperatorRun(to);
    after.task.restore(before.task.snapshot());
    return after
      .push(rest as never)
      .end()
      .rows()
      .map(({ row }) => (row as { pm25Lag1: number | null }).pm25Lag1);
  };
  expect(values(plain, forgetting)).toEqual([1, null]);
  expect(values(forgetting, plain)).toEqual([1, 2]);
});

test('the state holds the keys of the last ttl, and forgetting leaves nothing of them behind', () => {
  const run = new OperatorRun(() => standardize<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', stateTtl: '1h' }));
  const sizes: number[] = [];
  for (let hour = 0; hour < 12; hour++) {
    const rows = Array.from({ length: 300 }, (_, index) => ({ station: `key-${hour}-${index}`, hour: hour + index / 300, pm25: index }));
    run.push(readings(rows));
    sizes.push([...run.task.snapshot().values()][0]?.bytes.length ?? 0);
  }
  expect(Math.max(...sizes.slice(3))).toBeLessThan(2 * (sizes[2] as number));
  // The first value of a key is its mean.
  expect(new Set(run.rows().map(({ row }) => (row as { pm25: number }).pm25))).toEqual(new Set([0]));
});
