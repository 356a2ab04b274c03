/** Event time that leaps over ages in either direction: no operator walks over the empty time between, which would take days here. */
import { describe, expect, test } from 'vitest';
import {
  count,
  countWindow,
  fuse,
  hoppingWindow,
  intervalJoin,
  joinAsOf,
  joinNeighbors,
  quality,
  reorder,
  sessionWindow,
  tumblingWindow,
  watermarks,
} from '../../../operators/index.ts';
import type { Operator, StreamBatch } from '../../../streams/index.ts';
import { JoinRun, type MakeJoin } from '../../contract/run-join.ts';
import { OperatorRun, reslice } from '../../contract/run-operator.ts';
import { interleaved } from '../interleave.ts';
import { type Readings, readings } from '../readings.ts';

/** Hours in ten thousand years. */
const AGES = 87_660_000;

const HOURS = [0, 1, 1.01, AGES, AGES + 1, 2, -AGES, AGES + 2, AGES + 900];

const aggregates = { rows: count() };
const OPERATORS: Readonly<Record<string, () => Operator<Readings, never>>> = {
  tumblingWindow: () => tumblingWindow({ size: '1m', key: 'station', aggregates } as never) as never,
  hoppingWindow: () => hoppingWindow({ size: '1h', slide: '1m', key: 'station', aggregates } as never) as never,
  sessionWindow: () => sessionWindow({ gap: '1m', key: 'station', aggregates } as never) as never,
  countWindow: () => countWindow({ rows: 2, key: 'station', aggregates } as never) as never,
  reorder: () => reorder() as never,
  watermarks: () => watermarks({ lateness: '1h' }) as never,
  joinNeighbors: () => joinNeighbors({ key: 'station', keys: ['a', 'b'], columns: ['pm25'], tolerance: '1h' } as never) as never,
  quality: () => quality({ size: '1m', ranges: { pm25: [0, 5] } } as never) as never,
};

const rows = HOURS.map((hour, i) => ({ hour, station: i % 2 === 0 ? 'a' : 'b', pm25: i }));

/** Most rows that one row may give: a row lies in so many of the windows above. */
const MOST = 60;

describe.each([0, 5, 2 * AGES])('event time leaps over ages, %i hours being allowed', (lateness) => {
  test.each(Object.entries(OPERATORS))('%s', (_name, make) => {
    const input: StreamBatch<Readings> = readings(rows, { lateness });
    const run = new OperatorRun(make).push(input).end();
    expect(run.rows().length).toBeLessThanOrEqual(rows.length * MOST);
    expect(run.task.unbalanced()).toEqual([]);
    const cut = new OperatorRun(make).push(...reslice(input, 1)).end();
    expect(cut.rows()).toEqual(run.rows());
  });

  const streams = interleaved(
    rows.flatMap((row) => [
      { ...row, input: 0 as const },
      { ...row, input: 1 as const },
    ]),
    lateness,
  );
  const JOINS: Readonly<Record<string, MakeJoin>> = {
    joinAsOf: ([left, right]) =>
      joinAsOf(right as never, { key: 'station', columns: ['pm25'], prefix: 'right_' } as never)(left as never) as never,
    'joinAsOf, nearest': ([left, right]) =>
      joinAsOf(
        right as never,
        { columns: ['pm25'], prefix: 'right_', direction: 'nearest', tolerance: '1h' } as never,
      )(left as never) as never,
    intervalJoin: ([left, right]) =>
      intervalJoin(
        right as never,
        { key: 'station', columns: ['pm25'], prefix: 'right_', after: '-1h', before: '1h' } as never,
      )(left as never) as never,
    fuse: ([left, right]) =>
      fuse({ left: left as never, right: right as never }, {
        every: '1m',
        key: 'station',
        columns: { left: ['pm25'], right: ['pm25'] },
        maxTicks: 10,
      } as never) as never,
  };
  test.each(Object.entries(JOINS))('%s', (_name, make) => {
    const run = new JoinRun(make, 2).push(streams).end();
    // A leap gives at most maxTicks ticks, for each key.
    expect(run.rows().length).toBeLessThanOrEqual(2 * rows.length * 20);
    expect(run.task.unbalanced()).toEqual([]);
    expect(new JoinRun(make, 2).push(streams, 1).end().rows()).toEqual(run.rows());
  });
});
