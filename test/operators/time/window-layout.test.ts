import { describe, expect, test } from 'vitest';
import { count, countWindow, hoppingWindow, max, mean, median, min, sessionWindow, tumblingWindow } from '../../../operators/index.ts';
import { type Operator, type StateCell, StateReader } from '../../../streams/index.ts';
import { columnsOf, OperatorRun } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START } from '../readings.ts';

const rows = count();
const pm25 = mean('pm25');
const most = max('pm25');
const middle = median('temperature');
type Aggregates = Readonly<Record<string, typeof rows | typeof pm25 | typeof middle>>;
type Make = (aggregates: Aggregates, changed?: boolean) => Operator<Readings, never>;

/** Each with windows of other bounds, too. */
const operators: Readonly<Record<string, Make>> = {
  tumblingWindow: (aggregates, changed) =>
    tumblingWindow({ size: changed ? '5h' : '4h', key: 'station', aggregates } as never) as Operator<Readings, never>,
  hoppingWindow: (aggregates, changed) =>
    hoppingWindow({ size: '4h', slide: changed ? '1h' : '2h', key: 'station', aggregates } as never) as Operator<Readings, never>,
  sessionWindow: (aggregates, changed) =>
    sessionWindow({ gap: changed ? '4h' : '3h', key: 'station', aggregates } as never) as Operator<Readings, never>,
  countWindow: (aggregates, changed) =>
    countWindow({ rows: changed ? 5 : 4, key: 'station', aggregates } as never) as Operator<Readings, never>,
};

/** What the state of version 1 was, over `past` and the aggregates rows, pm25, most, middle. */
const VERSION_1: Readonly<Record<string, string>> = {
  tumblingWindow:
    'AAAAAAAAIEAAAAAAAADwPwAAAHBP0nNCAAAAAAAAIkAAAAAAAAAgQGNhdGVnb3J5AAAAAAAA8D8AAABwT9JzQgAAAAAAAABAAgIAAAAAAAAAAAAAAAAAAABAAAAAAAAAGEBXYW5saXUAAAAAAAAYQERvbmdzaQAAAAAAAPA/AAAAAAAA8D8AAAAAAAA5QAAAAAAAAPA/AAAAAAAA8D8AAAAAAADwPwAAAAAAADlAAAAAAAAA8D8AAAAAAAAAAAAAAAAAADBAAAAAAACAS0AAAAAAAADwPwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwQAAAAAAAgFFAAAAAAAAA8D8AAAAAAAAAAA==',
  hoppingWindow:
    'AAAAAAAAIEAAAAAAAADwPwAAAHBP0nNCAAAAAAAAIkAAAAAAAAAgQGNhdGVnb3J5AAAAAAAAAEAAADCSSNJzQgAAAAAAAABAAgIAAAAAAAAAAAAAAAAAAABAAAAAAAAAGEBEb25nc2kAAAAAAAAYQFdhbmxpdQAAAAAAAPA/AAAAAAAA8D8AAAAAAAAmQAAAAAAAAPA/AAAAAAAAMkAAAAAAAADwPwAAAAAAACZAAAAAAAAAMkAAAAAAAAAAAAAAAAAAADBAAAAAAAAAAAAAAAAAAADwPwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwQAAAAAAAgEFAAAAAAAAA8D8AAAAAAAAAAAAAAHBP0nNCAAAAAAAAAEACAgAAAAAAAAAAAAAAAAAAAEAAAAAAAAAYQFdhbmxpdQAAAAAAABhARG9uZ3NpAAAAAAAA8D8AAAAAAADwPwAAAAAAADlAAAAAAAAA8D8AAAAAAADwPwAAAAAAAPA/AAAAAAAAOUAAAAAAAADwPwAAAAAAAAAAAAAAAAAAMEAAAAAAAIBLQAAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAADBAAAAAAACAUUAAAAAAAADwPwAAAAAAAAAA',
  sessionWindow:
    'AAAAAAAAIkAAAAAAAAAAAAAAAAAAACJAAAAAAAAAFEAAAAAAAAAgQGNhdGVnb3J5AAAAAAAAAEACAgAAAAAAAAAAAAAAAAAAAEAAAAAAAAAYQFdhbmxpdQAAAAAAABhARG9uZ3NpAAAAAAAASEAAAAAAAADwPwAAqGc30nNCAAC4vFnSc0IAAAAAAAAQQAAA6N5S0nNCAACgK13Sc0IAAAAAAAAYQAAAAAAAAPA/AAAAAAAAWEAAAAAAAAAYQAAAAAAAAPA/AAAAAAAA8D8AAAAAAAA8QAAAAAAAAPA/AAAAAAAA8D8AAAAAAABQQAAAAAAAAAAAAAAAAAAA8D8AAAAAAIBBQAAAAAAAAABAAAAAAACAS0AAAAAAAADwPwAAAAAAgFFAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAMEAAAAAAAIBRQAAAAAAAAPA/AAAAAAAAAAA=',
  countWindow:
    'AAAAAAAAIkAAAAAAAAAAAAAAAAAAACJAAADo3lLSc0IAAAAAAAAgQGNhdGVnb3J5AAAAAAAAAEAAAAAAAAAYQERvbmdzaQAAAAAAABhAV2FubGl1AAAAAAAAAAAAAAAAAAAQQAIAAAAAAAAAAAA4QAAAAAAAAABAAAAYAUzSc0IAAABwT9JzQgAAAAAAAABAAAAAAACARUAAAAAAAAAAQAAAAAAAADlAAAAAAAAAAAAAAAAAAABAQAAAAAAAgEFAAAAAAAAA8D8AAAAAAIBLQAAAAAAAAPA/AAAAAAAAAAA=',
};

const station = (hour: number) => (hour % 3 === 0 ? 'Dongsi' : 'Wanliu');
const past = readings(
  Array.from({ length: 10 }, (_, hour) => ({ station: station(hour), hour, pm25: (hour * 7) % 31, temperature: hour % 5 })),
);
const next = readings(
  Array.from({ length: 20 }, (_, i) => ({ station: station(i), hour: 10 + i + (i > 9 ? 5 : 0), pm25: (i * 11) % 17, temperature: i % 4 })),
  { firstOrdinal: 10 },
);

const cellOf = (run: OperatorRun<Readings, never>) => run.task.steps[0]?.cell as StateCell;

function stateAfter(run: OperatorRun<Readings, never>) {
  const [state] = run.task.snapshot().values();
  return state as { readonly version: number; readonly bytes: Uint8Array };
}

const uninterrupted = (make: () => Operator<Readings, never>) => {
  const run = new OperatorRun(make).push(past);
  const before = run.rows().length;
  return columnsOf(run.push(next).end().rows()).slice(before);
};
const goOn = (run: OperatorRun<Readings, never>) => columnsOf(run.push(next).end().rows());

/** Without the aggregates named. */
const without = (all: readonly Readonly<Record<string, unknown>>[], ...names: readonly string[]) =>
  all.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));

describe.each(Object.entries(operators))('state of %s', (name, make) => {
  const all = () => make({ rows, pm25, most, middle });
  const { version, bytes } = stateAfter(new OperatorRun(all).push(past));
  const reader = () => new StateReader(bytes);

  test('is refused by other aggregates, another order of them, other windows and another key, with the reason', () => {
    const refused = (aggregates: Aggregates, message: string) =>
      expect(() => cellOf(new OperatorRun(() => make(aggregates))).restore(reader(), version)).toThrow(
        expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringContaining(message) }),
      );
    refused({ rows, pm25 }, 'rows: count(), pm25: mean(pm25), most: max(pm25)');
    refused({ pm25, rows, most, middle }, 'this step has pm25: mean(pm25), rows: count()');
    refused({ rows, pm25: min('pm25'), most, middle }, 'pm25: min(pm25)');
    const other = cellOf(new OperatorRun(() => make({ rows, pm25, most, middle }, true)));
    for (const take of [() => other.restore(reader(), version), () => other.adopt?.(reader(), version)])
      expect(take).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringContaining('windows of') }));
  });

  test('gives the aggregates that are still there on, in whatever order: as if the others had never been', () => {
    const fewer = () => make({ most, rows });
    const run = new OperatorRun(fewer);
    expect(cellOf(run).adopt?.(reader(), version)).toEqual({ kept: ['most', 'rows'], fresh: [] });
    expect(goOn(run)).toEqual(uninterrupted(fewer));
  });

  test('lets an added aggregate be null in the windows that are open, and known from then on', () => {
    const few = stateAfter(new OperatorRun(() => make({ most, rows })).push(past));
    const run = new OperatorRun(all);
    expect(cellOf(run).adopt?.(new StateReader(few.bytes), few.version)).toEqual({ kept: ['rows', 'most'], fresh: ['pm25', 'middle'] });
    const whole = uninterrupted(all);
    const rowsOf = (row: Readonly<Record<string, unknown>>) => ({
      ...row,
      // Windows that have no row of before are complete.
      ...(hasPast(row, name) ? { pm25: null, middle: null } : {}),
    });
    const found = goOn(run);
    expect(found).toEqual(whole.map(rowsOf));
    expect(found.filter((row) => row.pm25 === null).length).toBeGreaterThan(0);
    expect(found.filter((row) => row.pm25 !== null).length).toBeGreaterThan(0);
  });

  test('keeps unknown results unknown through snapshots', () => {
    const few = stateAfter(new OperatorRun(() => make({ most, rows })).push(past));
    const run = new OperatorRun(all);
    cellOf(run).adopt?.(new StateReader(few.bytes), few.version);
    const again = new OperatorRun(all);
    const snapshot = stateAfter(run);
    cellOf(again).restore(new StateReader(snapshot.bytes), snapshot.version);
    expect(stateAfter(again).bytes).toEqual(snapshot.bytes);
    expect(goOn(again)).toEqual(goOn(run));
  });

  test('an aggregate of the same name but another kind begins anew', () => {
    const run = new OperatorRun(() => make({ rows, pm25: min('pm25'), most, middle }));
    expect(cellOf(run).adopt?.(reader(), version)).toEqual({ kept: ['rows', 'most', 'middle'], fresh: ['pm25'] });
    expect(without(goOn(run), 'pm25')).toEqual(without(uninterrupted(all), 'pm25'));
  });

  test('of version 1 goes on with the same aggregates in order, and is not taken for others', () => {
    const old = Uint8Array.from(Buffer.from(VERSION_1[name] as string, 'base64'));
    const run = new OperatorRun(all);
    cellOf(run).restore(new StateReader(old), 1);
    expect(stateAfter(run).bytes).toEqual(bytes);
    expect(goOn(run)).toEqual(uninterrupted(all));
    expect(() => cellOf(new OperatorRun(all)).adopt?.(new StateReader(old), 1)).toThrow('version 1 does not tell its aggregates');
  });
});

/** Whether rows of `past` lie in a window, by what it spans. */
function hasPast({ windowStart, station: key }: Readonly<Record<string, unknown>>, name: string): boolean {
  const hours = past.ordinal.map((_, hour) => hour).filter((hour) => station(hour) === key && START + hour * HOUR >= Number(windowStart));
  return name === 'countWindow' || name === 'sessionWindow' ? Number(windowStart) < START + 10 * HOUR : hours.length > 0;
}
