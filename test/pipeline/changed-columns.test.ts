/** Joins whose streams have got other columns since the savepoint: rows that they hold are matched by name. */
import { describe, expect, it } from 'vitest';
import { type BatchSchema, category, float64, int32, required, schema, timestamp, utf8 } from '../../columnar/index.ts';
import { type MemoryStore, memoryStore, topic } from '../../connectors/index.ts';
import { globalTable, intervalJoin, joinAsOf, lookupJoin } from '../../operators/index.ts';
import { createSavepoint, definePipeline, forgetTasks, type Pipeline, start } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { publish, records, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const roles = { eventTime: 'at', key: 'sensor' } as const;
const base = { sensor: required(category()), at: timestamp(), value: float64() };
const side = (more = {}): BatchSchema => schema({ ...base, ...more }, roles as never) as never;

type Join = 'intervalJoin' | 'joinAsOf' | 'lookupJoin';

const joins = {
  intervalJoin: (right: never, columns: readonly string[]) =>
    intervalJoin(right, { key: 'sensor', after: '-20s', before: '20s', columns, prefix: 'r_' } as never),
  joinAsOf: (right: never, columns: readonly string[]) => joinAsOf(right, { key: 'sensor', columns, prefix: 'r_' } as never),
  lookupJoin: (right: never, columns: readonly string[]) =>
    lookupJoin(globalTable(right, { key: 'sensor' } as never), { key: 'sensor', columns, prefix: 'r_' } as never),
} as const;

interface Columns {
  readonly left?: object;
  readonly right?: object;
  readonly taken: readonly string[];
  readonly out?: object;
}

function joining(name: Join, { left = {}, right = {}, taken, out = {} }: Columns): Pipeline {
  return definePipeline({
    name: 'joining',
    sources: { lefts: topic('lefts', { schema: side(left) }), rights: topic('rights', { schema: side(right) }) },
    sinks: { out: topic('out', { schema: side({ ...left, ...out }) }) },
    flow: ({ lefts, rights }: Record<'lefts' | 'rights', never>) => ({ out: flow(lefts, joins[name](rights, taken) as never) as never }),
  } as never);
}

const BEFORE: Columns = { right: { gone: int32() }, taken: ['value'], out: { r_value: float64() } };
const AFTER: Columns = {
  left: { note: utf8() },
  right: { place: category() },
  taken: ['value', 'place'],
  out: { r_value: float64(), r_place: utf8() },
};

const rows = (...all: readonly object[]) => records(all.map((row) => JSON.stringify({ sensor: 's', ...row })));

/** A run with a left and a right row that the join holds at its end, and a savepoint of it. */
async function stored(name: Join): Promise<MemoryStore> {
  const store = memoryStore();
  await publish(store.open(), 'rights', rows({ at: 1000, value: 1, gone: 7 }, { at: 2000, value: 2, gone: 8 }));
  await publish(store.open(), 'lefts', rows({ at: 1500, value: 10 }, { at: 2500, value: 20 }));
  const run = start(joining(name, BEFORE), { home: store.open() });
  await rowsIn(run, 4);
  await run.stop();
  await createSavepoint(store.open(), 'joining', 'before');
  await forgetTasks(store.open(), 'joining');
  return store;
}

async function goOn(store: MemoryStore, name: Join, columns: Columns) {
  await publish(store.open(), 'rights', rows({ at: 3000, value: 3, place: 'roof' }, { at: 9000, value: 9, place: 'yard' }));
  await publish(store.open(), 'lefts', rows({ at: 3500, value: 30, note: 'new' }, { at: 9500, value: 90, note: 'new' }));
  const before = (await valuesOf(store, 'out')).length;
  const notices: string[] = [];
  const run = start(joining(name, columns), {
    home: store.open(),
    savepoint: 'before',
    drain: true,
    onNotice: (notice) => notices.push(notice),
  });
  await run.done;
  const out = (await valuesOf(store, 'out')).slice(before).map((text) => JSON.parse(text) as Record<string, unknown>);
  return { notices, out: out.map(({ value, note = null, r_value = null, r_place = null }) => [value, note, r_value, r_place]) };
}

describe('a join started from a savepoint with other columns', () => {
  it('intervalJoin: rows held get null in added columns, lose removed ones, and the user is told', async () => {
    const { notices, out } = await goOn(await stored('intervalJoin'), 'intervalJoin', AFTER);
    expect(notices).toEqual([
      'task joining/0: intervalJoin: 2 left rows held have no note: null',
      'task joining/0: intervalJoin: 2 right rows held have no place: null',
      'task joining/0: intervalJoin: 2 right rows held lose gone',
    ]);
    expect(out.toSorted((a, b) => Number(a[0]) - Number(b[0]) || Number(a[2]) - Number(b[2]))).toEqual([
      [10, null, 3, 'roof'],
      [10, null, 9, 'yard'],
      [20, null, 3, 'roof'],
      [20, null, 9, 'yard'],
      [30, 'new', 1, null],
      [30, 'new', 2, null],
      [30, 'new', 3, 'roof'],
      [30, 'new', 9, 'yard'],
      [90, 'new', 1, null],
      [90, 'new', 2, null],
      [90, 'new', 3, 'roof'],
      [90, 'new', 9, 'yard'],
    ]);
  });

  it('joinAsOf: left rows that wait, and right rows that they match', async () => {
    const { notices, out } = await goOn(await stored('joinAsOf'), 'joinAsOf', AFTER);
    expect(notices).toEqual([
      'task joining/0: joinAsOf: kept value; began anew: place',
      expect.stringMatching(/joinAsOf: \d left rows held have no note: null/),
    ]);
    expect(out.at(0)?.slice(1)).toEqual([null, expect.any(Number), null]);
    expect(out.slice(-2)).toEqual([
      [30, 'new', 3, 'roof'],
      [90, 'new', 9, 'yard'],
    ]);
  });

  it('lookupJoin: rows of the table', async () => {
    const { notices, out } = await goOn(await stored('lookupJoin'), 'lookupJoin', { ...AFTER, taken: ['value', 'place'] });
    expect(notices).toEqual([
      'task joining/0: lookupJoin: 1 rows of the table held have no place: null',
      'task joining/0: lookupJoin: 1 rows of the table held lose gone',
    ]);
    expect(out.map(([value]) => value)).toEqual([30, 90]);
  });

  it('a run that ends before its next snapshot is repeated in the same way', async () => {
    const whole = await goOn(await stored('intervalJoin'), 'intervalJoin', AFTER);
    const store = await stored('intervalJoin');
    await publish(store.open(), 'rights', rows({ at: 3000, value: 3, place: 'roof' }, { at: 9000, value: 9, place: 'yard' }));
    const before = (await valuesOf(store, 'out')).length;
    const task = { snapshotEvery: 1000, snapshotAtStop: false };
    const run = start(joining('intervalJoin', AFTER), { home: store.open(), savepoint: 'before', task });
    await rowsIn(run, 6);
    await run.stop();
    await publish(store.open(), 'lefts', rows({ at: 3500, value: 30, note: 'new' }, { at: 9500, value: 90, note: 'new' }));
    await start(joining('intervalJoin', AFTER), { home: store.open(), savepoint: 'before', drain: true }).done;
    expect((await valuesOf(store, 'out')).slice(before)).toHaveLength(whole.out.length);
  });

  it.each(['intervalJoin', 'joinAsOf', 'lookupJoin'] as const)('%s: a column of another type is refused by name', async (name) => {
    const retyped: Columns = { right: { value: utf8() }, taken: ['value'], out: { r_value: utf8() } };
    const store = await stored(name);
    await publish(store.open(), 'rights', rows({ at: 3000, value: 'three' }));
    const run = start(joining(name, retyped), { home: store.open(), savepoint: 'before', drain: true });
    await expect(run.done).rejects.toMatchObject({ message: expect.stringMatching(/column 'value'/) });
  });

  it.each(['intervalJoin', 'joinAsOf', 'lookupJoin'] as const)('%s: without a savepoint other columns are refused', async (name) => {
    const store = memoryStore();
    await publish(store.open(), 'rights', rows({ at: 1000, value: 1, gone: 7 }));
    await publish(store.open(), 'lefts', rows({ at: 1500, value: 10 }));
    const run = start(joining(name, BEFORE), { home: store.open() });
    await rowsIn(run, 2);
    await run.stop();
    await publish(store.open(), 'rights', rows({ at: 2000, value: 1, place: 'roof' }));
    await publish(store.open(), 'lefts', rows({ at: 2500, value: 10, note: 'new' }));
    const again = start(joining(name, AFTER), { home: store.open(), drain: true }).done;
    await expect(again).rejects.toMatchObject({ message: expect.stringMatching(/columns have changed|have no column/) });
  });
});
