import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float64Data, withColumns } from '../../../columnar/index.ts';
import { interpolate } from '../../../operators/index.ts';
import { writeHeldRows } from '../../../operators/rows/held-rows.ts';
import { StateWriter, sliceStreamBatch, takeStreamRows, withBatch } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, reslice, runOperator } from '../../contract/run-operator.ts';
import { type Reading, type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('interpolate', {
  make: () => interpolate<Readings, 'pm25' | 'count'>({ columns: ['pm25', 'count'], key: 'station', limit: 4 }),
  input: sampleReadings(),
  reads: 'count',
});

const gaps = (values: readonly (number | null)[]) => readings(values.map((pm25, hour) => ({ station: 'a', hour, pm25 })));
const run = (values: readonly (number | null)[], limit = 24) =>
  runOperator(() => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', limit }), gaps(values));

describe('interpolate', () => {
  test('fills with the straight line between the neighbors of the key', () => {
    const rows = run([null, 0, null, null, 30, null, 10, Number.NaN]).rows();
    expect(columnsOf(rows).map(({ pm25, pm25Imputed }) => [pm25, pm25Imputed])).toEqual([
      [null, 0],
      [0, 0],
      [10, 1],
      [20, 1],
      [30, 0],
      [20, 1],
      [10, 0],
      [null, 0],
    ]);
  });

  test('rows wait, in the place and at the time of the row that lets them go', () => {
    const rows = run([0, null, 2]).rows();
    expect(rows.map(({ ordinal, sub }) => [ordinal, sub])).toEqual([
      [0, 0],
      [2, 0],
      [2, 1],
    ]);
    expect(rows[1]?.availableAt).toBe(rows[2]?.row.at);
    expect(rows[1]?.watermark).toBeLessThanOrEqual(rows[1]?.row.at as number);
  });

  test('no more than limit rows wait', () => {
    expect(columnsOf(run([0, null, null, null, 40], 2).rows()).map(({ pm25 }) => pm25)).toEqual([0, null, 20, 30, 40]);
  });

  test('other keys pass', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'a', hour: 1 },
      { station: 'b', hour: 1, pm25: 5 },
      { station: 'a', hour: 2, pm25: 3 },
    ]);
    const rows = runOperator(() => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station' }), input).rows();
    expect(columnsOf(rows).map(({ station, pm25 }) => [station, pm25])).toEqual([
      ['a', 1],
      ['b', 5],
      ['a', 2],
      ['a', 3],
    ]);
    expect(rows[1]?.watermark).toBeLessThanOrEqual(rows[2]?.row.at as number);
  });

  test('with a state ttl: rows of a key that is forgotten go out unfilled, where the watermark says so', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 1 },
      { station: 'a', hour: 1 },
      { station: 'b', hour: 4, pm25: 5 },
      { station: 'b', hour: 7, pm25: 5 },
      { station: 'a', hour: 8 },
      { station: 'a', hour: 9, pm25: 9 },
    ]);
    const make = () => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', stateTtl: '5h' });
    const rows = runOperator(make, input).rows();
    expect(rows.map(({ row, ordinal }) => [row.station, row.pm25, ordinal])).toEqual([
      ['a', 1, 0],
      ['b', 5, 2],
      ['a', null, 3],
      ['b', 5, 3],
      // The first row of its key again: nothing to begin a line with.
      ['a', null, 4],
      ['a', 9, 5],
    ]);
  });

  test('with a state ttl: a key that comes again after just that long is still known', () => {
    const input = readings([
      { station: 'a', hour: 0, pm25: 0 },
      { station: 'a', hour: 1 },
      { station: 'a', hour: 6, pm25: 6 },
    ]);
    const rows = runOperator(() => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', stateTtl: '5h' }), input).rows();
    expect(rows.map(({ row }) => row.pm25)).toEqual([0, 1, 6]);
  });

  test('with a state ttl: fills as if a key that was not seen for so long were another one, in every cut', () => {
    const step = fc.record({
      station: fc.constantFrom('a', 'b', null),
      pause: fc.constantFrom(0, 1, 2, 6),
      pm25: fc.constantFrom(1, 7, null, null),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (steps, size) => {
        let hour = 0;
        const seen = new Map<string, { hour: number; life: number }>();
        const rows = steps.map(({ station, pause, pm25 }, count) => {
          hour += pause;
          return { station, hour, pm25, count };
        });
        const renamed = rows.map((row) => {
          if (row.station === null) return row;
          const before = seen.get(row.station) ?? { hour: row.hour, life: 0 };
          const life = row.hour - before.hour > 5 ? before.life + 1 : before.life;
          seen.set(row.station, { hour: row.hour, life });
          return { ...row, station: `${row.station}#${life}` };
        });
        const filled = (stateTtl: '5h' | undefined, input: readonly Reading[], cut: number) =>
          runOperator(
            () => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', limit: 3, ...(stateTtl && { stateTtl }) }),
            ...reslice(readings(input), cut),
          )
            .rows()
            .map(({ row }) => [row.count, row.pm25, row.pm25Imputed])
            .sort(([a], [b]) => (a as number) - (b as number));
        expect(filled('5h', rows, size)).toEqual(filled(undefined, renamed, 1000));
      }),
    );
  });

  test('reads a state of version 1, which did not tell the groups of its rows', () => {
    const input = gaps([1, null, null, 4]);
    const make = () => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station' });
    const waiting = takeStreamRows(input, Int32Array.of(1, 2));
    const flags = withColumns(waiting.batch, { pm25Imputed: float64Data(new Float64Array(2)) });
    const out = new StateWriter();
    // The keys; last value and its time; ordinal and sub of the last row put out; its watermark.
    out.string('category').strings(['a']).numbers(new Float64Array(0));
    out.numbers(Float64Array.of(Number.NaN, Number.NaN, 1, input.watermark[0] as number));
    out
      .number(0)
      .number(0)
      .number(input.watermark[0] as number);
    writeHeldRows(out, withBatch(waiting, flags));
    const next = new OperatorRun(make);
    next.task.restore(new Map([['interpolate', { version: 1, bytes: out.finish() }]]));
    next.push(sliceStreamBatch(input, 3, 4));
    expect(next.rows()).toEqual(runOperator(make, input).rows().slice(1));
  });
});

operatorSuite('interpolate with a state ttl', {
  make: () => interpolate<Readings, 'pm25'>({ columns: ['pm25'], key: 'station', stateTtl: '2h' }),
  input: readings(
    Array.from({ length: 1500 }, (_, index) => ({
      station: index % 12 === 0 ? 'stays' : `key-${index - (index % 3)}`,
      hour: index / 50,
      pm25: index % 5 < 3 ? null : index % 7,
    })),
  ),
  reads: 'pm25',
});
