import { describe, expect, it } from 'vitest';
import { memoryStore, RecordWriter } from '../../connectors/index.ts';
import { start } from '../../pipeline/index.ts';
import { type JournalSpan, journalTopic, readSpans, spanRecords } from '../../pipeline/journal-spans.ts';
import { publish, readings, totalsPipeline } from './example-pipelines.ts';

/** A span of so many records, the first of which is its head: what it holds cannot be packed. */
function spanOf(epoch: number, values: number): JournalSpan {
  let state = epoch + 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const entries = Array.from({ length: values }, (_, ordinal) => ({ ordinal, kind: 'answer:ask', value: random() }));
  const [from, to] = [epoch - 1, epoch].map((at) => ({ epoch: at, nextOrdinal: at * 10 })) as [JournalSpan['from'], JournalSpan['from']];
  return { task: 'p/0', from, to: { ...to, positions: {} }, digest: { step: 'aa' }, entries };
}

describe('the journal of a pipeline', () => {
  it('is read from its first whole span on when its beginning was deleted', async () => {
    const home = memoryStore().open();
    const [first, second] = [spanOf(1, 100_000), spanOf(2, 3)];
    const records = spanRecords(first, 0);
    expect(records.count).toBeGreaterThan(2);
    const rest = new RecordWriter();
    for (let record = 1; record < records.count; record++) {
      const start = records.valueStart[record] as number;
      rest.value(records.bytes.subarray(start, start + (records.valueLength[record] as number)));
      rest.endRecord({ key: new TextEncoder().encode('p/0'), timestamp: 0 });
    }
    await publish(home, journalTopic('p'), rest.finish());
    await publish(home, journalTopic('p'), spanRecords(second, 0));
    expect(await readSpans(home, 'p', 'p/0')).toEqual([second]);
    await publish(home, journalTopic('p'), records);
    expect(await readSpans(home, 'p', 'p/0')).toEqual([second, first]);
  });

  it.each([
    [undefined, 256 * 1024 * 1024],
    [1_000_000, 1_000_000],
  ])('is limited when its topic is made: %s', async (journalBytes, retentionBytes) => {
    const home = memoryStore().open();
    await publish(home, 'events', readings(3));
    await start(totalsPipeline(), { home, drain: true, ...(journalBytes === undefined ? {} : { journalBytes }) }).done;
    expect(await home.topics.ensure(journalTopic('totals'), { partitions: 1 })).toMatchObject({ retentionBytes });
  });
});
