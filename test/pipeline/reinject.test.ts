import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../connectors/index.ts';
import { type RejectedRecordInfo, readRejected, reinject, start, systemClock } from '../../pipeline/index.ts';
import { publish, records, totalsPipeline, valuesOf } from './example-pipelines.ts';

const BROKEN = '{"sensor":"s1","at":';
const NEGATIVE = '{"sensor":"s1","at":2,"value":-5}';

/** A store whose `totals.rejects` holds one record that was not decoded and one that a step refused. */
async function rejectedStore() {
  const store = memoryStore();
  await publish(store.open(), 'events', records(['{"sensor":"s1","at":1,"value":1}', BROKEN, NEGATIVE]));
  await start(totalsPipeline(), { drain: true, home: store.open() }).done;
  return store;
}

describe('rejected records', () => {
  it('tell step, reason and origin, and are as they came', async () => {
    const home = (await rejectedStore()).open();
    const read: RejectedRecordInfo[] = [];
    for await (const { records: block } of readRejected(home, 'totals.rejects', 0, 0, 2)) read.push(...block);
    expect(read.map(({ step, origin, whole }) => [step, origin.topic, origin.offset, whole])).toEqual([
      ['decode', 'events', 1, true],
      ['runningTotal', 'events', 2, true],
    ]);
    expect(read.map(({ record }) => new TextDecoder().decode(record.value ?? undefined))).toEqual([BROKEN, NEGATIVE]);
    expect(read.flatMap(({ record }) => record.headers)).toEqual([]);
  });

  it('are put back into their topic exactly once, however often that is asked for', async () => {
    const store = await rejectedStore();
    expect(await reinject(store.open(), 'totals.rejects', systemClock)).toEqual({ reinjected: 2, left: 0 });
    expect(await reinject(store.open(), 'totals.rejects', systemClock)).toEqual({ reinjected: 0, left: 0 });
    expect((await valuesOf(store, 'events')).slice(3)).toEqual([BROKEN, NEGATIVE]);
  });

  it('that fail again are rejected again and can be put back again', async () => {
    const store = await rejectedStore();
    await reinject(store.open(), 'totals.rejects', systemClock);
    await start({ ...totalsPipeline(), name: 'again', rejects: 'totals.rejects' }, { drain: true, home: store.open() }).done;
    // The second pipeline reads all of `events`: the two of the first run, and the two that were put back.
    expect(await valuesOf(store, 'totals.rejects')).toHaveLength(6);
    expect(await reinject(store.open(), 'totals.rejects', systemClock)).toEqual({ reinjected: 4, left: 0 });
  });

  it('of which only the head was kept stay where they are, and are counted', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', records([`{"sensor":"${'x'.repeat(1_000_000)}`]));
    await start(totalsPipeline(), { drain: true, home: store.open() }).done;
    expect(await reinject(store.open(), 'totals.rejects', systemClock)).toEqual({ reinjected: 0, left: 1 });
  });
});
