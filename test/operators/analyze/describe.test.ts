import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describe as describeStream } from '../../../operators/index.ts';
import { type StateCell, StateReader, type StreamBatch } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, reslice, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('describe', {
  make: () => describeStream<Readings, 'station'>({ columns: ['pm25', 'count'], key: 'station', every: 70 }),
  input: sampleReadings(),
  reads: 'count',
});

describe('describe', () => {
  test('statistics so far, after every n rows and at the end', () => {
    const input = readings([1, 2, 3, null, 5].map((pm25, hour) => ({ hour, pm25 })));
    const run = runOperator(() => describeStream<Readings>({ columns: ['pm25'], every: 2 }), input);
    expect(run.rows().map(({ row, ordinal }) => [ordinal, row.count, row.missing, row.mean, row.min, row.max])).toEqual([
      [1, 2, 0, 1.5, 1, 2],
      [3, 3, 0.25, 2, 1, 3],
      [4, 4, 0.2, 2.75, 1, 5],
    ]);
    expect(columnsOf(run.rows())[0]?.column).toBe('pm25');
  });

  test('with a state ttl: keys that were not seen for so long are no longer shown, and begin anew', () => {
    const rows = fc.array(fc.record({ station: fc.constantFrom('a', 'b', 'c'), pause: fc.constantFrom(0, 1, 2, 6) }), { maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 25 }), (steps, size) => {
        let hour = 0;
        const input = steps.map(({ station, pause }) => {
          hour += pause;
          return { station, hour, pm25: hour };
        });
        const expected: unknown[] = [];
        const known = new Map<string, { seen: number; values: number[] }>();
        input.forEach(({ station, hour: now, pm25 }, row) => {
          const before = known.get(station);
          const lives = before !== undefined && now - before.seen <= 5;
          // A key that begins anew is shown last.
          if (!lives) known.delete(station);
          known.set(station, { seen: now, values: [...(lives ? before.values : []), pm25] });
          if (row % 7 !== 6) return;
          for (const [name, { seen, values }] of known)
            if (now - seen <= 5) expected.push([name, values.length, Math.min(...values), Math.max(...values)]);
        });
        const make = () => describeStream<Readings, 'station'>({ columns: ['pm25'], key: 'station', every: 7, stateTtl: '5h' });
        const run = new OperatorRun(make);
        for (const part of reslice(readings(input), size)) run.push(part);
        expect(run.rows().map(({ row }) => [row.station, row.count, row.min, row.max])).toEqual(expected);
      }),
    );
  });

  test('a state of other columns is refused; those that are still there can be taken over', () => {
    const rows = [1, 2, 3, 4, 5, 6].map((value, hour) => ({ station: hour % 2 === 0 ? 'a' : 'b', hour, pm25: value, count: 10 * value }));
    const [past, next] = reslice(readings(rows), 4) as [StreamBatch<Readings>, StreamBatch<Readings>];
    const make = (columns: readonly ('pm25' | 'count')[]) => () => describeStream<Readings, 'station'>({ columns, key: 'station' });
    const { version, bytes } = new OperatorRun(make(['pm25'])).push(past).task.snapshot().get('describe') as {
      version: number;
      bytes: Uint8Array;
    };
    const run = new OperatorRun(make(['count', 'pm25']));
    const cell = run.task.steps[0]?.cell as StateCell;
    expect(() => cell.restore(new StateReader(bytes), version)).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE' }));
    expect(cell.adopt?.(new StateReader(bytes), version)).toEqual({ kept: ['pm25'], fresh: ['count'] });
    const described = run.push(next).end().rows();
    expect(described.map(({ row }) => [row.column, row.station, row.count, row.min, row.max])).toEqual([
      ['count', 'a', 1, 50, 50],
      ['count', 'b', 1, 60, 60],
      ['pm25', 'a', 3, 1, 5],
      ['pm25', 'b', 3, 2, 6],
    ]);
  });

  test('keys that are seen later in a batch are not shown yet', () => {
    const input = readings(['a', 'a', 'b'].map((station, hour) => ({ station, hour, pm25: hour })));
    const run = runOperator(() => describeStream<Readings, 'station'>({ columns: ['pm25'], key: 'station', every: 2 }), input);
    expect(run.rows().map(({ row }) => row.station)).toEqual(['a', 'a', 'b']);
  });
});

operatorSuite('describe with a state ttl', {
  make: () => describeStream<Readings, 'station'>({ columns: ['pm25'], key: 'station', every: 90, stateTtl: '2h' }),
  input: readings(
    Array.from({ length: 1500 }, (_, index) => ({ station: `key-${index - (index % 3)}`, hour: index / 50, pm25: index % 7 })),
  ),
  reads: 'station',
});
