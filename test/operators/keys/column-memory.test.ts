import { describe, expect, test } from 'vitest';
import { exponentialAverage, impute, lag, minMax, sequences, standardize } from '../../../operators/index.ts';
import { type Operator, type StateCell, StateReader } from '../../../streams/index.ts';
import { columnsOf, OperatorRun } from '../../contract/run-operator.ts';
import { type Readings, readings } from '../readings.ts';

type Make = (columns: readonly ('pm25' | 'temperature')[]) => Operator<Readings, never>;

const operators: Readonly<Record<string, Make>> = {
  standardize: (columns) => standardize<Readings, 'pm25' | 'temperature'>({ columns, key: 'station' }) as never,
  minMax: (columns) => minMax<Readings, 'pm25' | 'temperature'>({ columns, key: 'station' }) as never,
  exponentialAverage: (columns) =>
    exponentialAverage<Readings, 'pm25' | 'temperature'>({ columns, key: 'station', halfLife: '2h' } as never) as never,
  impute: (columns) => impute<Readings, 'pm25' | 'temperature'>({ columns, key: 'station' }) as never,
  lag: (columns) => lag<Readings, 'pm25' | 'temperature', 1 | 2>({ columns, key: 'station', steps: [1, 2] }) as never,
  sequences: (columns) => sequences<Readings>({ columns, key: 'station', length: 3, pad: true }) as never,
};

const past = readings(
  Array.from({ length: 40 }, (_, hour) => ({
    station: hour % 3 === 0 ? 'Dongsi' : 'Wanliu',
    hour,
    pm25: (hour * 7) % 31,
    temperature: hour % 13,
  })),
);
const next = readings(
  Array.from({ length: 20 }, (_, i) => ({
    station: i % 2 === 0 ? 'Dongsi' : 'Tiantan',
    hour: 40 + i,
    pm25: (i * 11) % 17,
    temperature: i % 5,
  })),
  { firstOrdinal: 40 },
);

const cellOf = (run: OperatorRun<Readings, never>) => run.task.steps[0]?.cell as StateCell;

function stateAfter(make: () => Operator<Readings, never>): { readonly version: number; readonly bytes: Uint8Array } {
  return new OperatorRun(make).push(past).task.snapshot().values().next().value as never;
}

/** What comes out for `next` after a state was put into a fresh operator. */
function goOn(make: () => Operator<Readings, never>, put: (cell: StateCell) => unknown) {
  const run = new OperatorRun(make);
  const told = put(cellOf(run));
  return { told, rows: columnsOf(run.push(next).rows()) };
}

const uninterrupted = (make: () => Operator<Readings, never>) => columnsOf(new OperatorRun(make).push(past, next).rows()).slice(-20);
const untouched = (make: () => Operator<Readings, never>) => columnsOf(new OperatorRun(make).push(next).rows());

describe.each(Object.entries(operators))('state of %s', (name, make) => {
  const both = stateAfter(() => make(['pm25', 'temperature']));

  test('refuses other columns, also as many of them, and their other order', () => {
    for (const columns of [['pm25'], ['temperature', 'pm25']] as const) {
      expect(() =>
        goOn(
          () => make(columns),
          (cell) => cell.restore(new StateReader(both.bytes), both.version),
        ),
      ).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringContaining('pm25, temperature') }));
    }
  });

  test('gives the columns that are still there on: as if the others had never been', () => {
    const { told, rows } = goOn(
      () => make(['temperature']),
      (cell) => cell.adopt?.(new StateReader(both.bytes), both.version),
    );
    expect(told).toEqual({ kept: ['temperature'], fresh: [] });
    expect(rows).toEqual(uninterrupted(() => make(['temperature'])));
  });

  test('lets an added column begin anew, whatever its place', () => {
    const one = stateAfter(() => make(['temperature']));
    const { told, rows } = goOn(
      () => make(['pm25', 'temperature']),
      (cell) => cell.adopt?.(new StateReader(one.bytes), one.version),
    );
    expect(told).toEqual({ kept: ['temperature'], fresh: ['pm25'] });
    if (name === 'sequences') return;
    const made = (row: Readonly<Record<string, unknown>>, column: string) =>
      Object.entries(row).filter(([made]) => made.startsWith(column));
    const [kept, anew] = [uninterrupted(() => make(['temperature'])), untouched(() => make(['pm25']))];
    rows.forEach((row, at) => {
      expect(made(row, 'temperature')).toEqual(made(kept[at] as never, 'temperature'));
      expect(made(row, 'pm25')).toEqual(made(anew[at] as never, 'pm25'));
    });
  });

  test('of another key fits nowhere', () => {
    const bytes = both.bytes.slice();
    // The key's name comes first: eight bytes of length, then its letters.
    bytes[8] = 'S'.charCodeAt(0);
    const { told, rows } = goOn(
      () => make(['temperature']),
      (cell) => cell.adopt?.(new StateReader(bytes), both.version),
    );
    expect(told).toEqual({ kept: [], fresh: ['temperature'] });
    expect(rows).toEqual(untouched(() => make(['temperature'])));
  });

  test('of version 1, which did not tell its columns, is taken as it is and never in part', () => {
    const [key, columns] = ['station', ['pm25', 'temperature']];
    const header = 8 + key.length + 8 + columns.reduce((sum, column) => sum + 8 + column.length, 0) + 16;
    const old = both.bytes.slice(header);
    const whole = () => make(['pm25', 'temperature']);
    expect(goOn(whole, (cell) => cell.restore(new StateReader(old), 1)).rows).toEqual(uninterrupted(whole));
    expect(() => goOn(whole, (cell) => cell.adopt?.(new StateReader(old), 1))).toThrow(
      expect.objectContaining({ code: 'STATE_INCOMPATIBLE', hint: expect.stringContaining('savepoint') }),
    );
  });
});

test('an added column of a sequence is missing in the steps so far', () => {
  const make = operators.sequences as Make;
  const one = stateAfter(() => make(['temperature']));
  const { rows } = goOn(
    () => make(['pm25', 'temperature']),
    (cell) => cell.adopt?.(new StateReader(one.bytes), one.version),
  );
  const alone = uninterrupted(() => make(['temperature']));
  const [first, kept] = [rows[0], alone[0]].map((row) => row?.sequence as number[]);
  expect(first?.filter((_, at) => at % 2 === 1)).toEqual(kept);
  expect(first?.filter((_, at) => at % 2 === 0)).toEqual([0, 0, 0]);
});
