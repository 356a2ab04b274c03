import { expect, it } from 'vitest';
import { schema, utf8 } from '../../columnar/index.ts';
import { type Home, memoryStore, topic } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { publish, records, valuesOf } from './example-pipelines.ts';

const text = schema({ text: utf8() });
const copy = definePipeline({
  name: 'copy',
  sources: { lines: topic('lines', { schema: text, partitions: 1 }) },
  sinks: { copies: topic('copies', { schema: text, partitions: 1 }) },
  flow: ({ lines }) => ({ copies: lines }),
});

/** The home, and the memory of the outputs of each commit to it. */
function watched(home: Home) {
  const memory: ArrayBufferLike[][] = [];
  const commit: Home['epochs']['commit'] = (epoch) => {
    memory.push(epoch.outputs.map((output) => output.records.bytes.buffer));
    return home.epochs.commit(epoch);
  };
  const { epochs } = home;
  const { open, readSnapshot, peek, forget, release } = Object.fromEntries(
    (['open', 'readSnapshot', 'peek', 'forget', 'release'] as const).map((name) => [name, (epochs[name] as () => never).bind(epochs)]),
  ) as never as typeof epochs;
  return { memory, home: { ...home, epochs: { open, readSnapshot, peek, forget, release, commit } } };
}

it('outputs are written where committed ones lay, which stay as they were committed', async () => {
  const store = memoryStore();
  const lines = Array.from({ length: 60 }, (_, line) => `{"text":"${String(line).padStart(20_000, '.')}"}`);
  await publish(store.open(), 'lines', records(lines));
  const { home, memory } = watched(store.open());
  await start(copy, { home, drain: true, task: { batchRows: 5, epochRows: 10 } }).done;
  expect(await valuesOf(store, 'copies')).toEqual(lines);
  const used = memory.flat();
  expect(new Set(used).size).toBeLessThan(used.length);
});
