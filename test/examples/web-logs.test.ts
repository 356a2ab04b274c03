import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryStore } from '../../connectors/index.ts';
import { pipeline } from '../../examples/web-logs/pipeline.ts';
import { start } from '../../pipeline/index.ts';
import { valuesOf } from '../pipeline/example-pipelines.ts';

/** Status and size of every line, by a pattern of this test's own; the one line without an agent's closing quote does not fit. */
function countedByPattern() {
  const lines = readFileSync('examples/web-logs/data/access.log', 'utf8').trim().split('\n');
  const fitting = lines
    .flatMap((line) => /^\S+ \S+ \S+ \[[^\]]+\] "[^"]*" (\d{3}) (\d+|-) "[^"]*" ".*"$/.exec(line) ?? [])
    .filter((_, i) => i % 3 !== 0);
  const statuses = fitting.filter((_, i) => i % 2 === 0).map(Number);
  const bytes = fitting.filter((_, i) => i % 2 === 1).map((size) => (size === '-' ? 0 : Number(size)));
  return {
    lines: lines.length,
    requests: statuses.length,
    notFound: statuses.filter((status) => status === 404).length,
    serverErrors: statuses.filter((status) => status >= 500).length,
    bytes: bytes.reduce((sum, size) => sum + size, 0),
  };
}

test('the access log becomes traffic per minute, and no line is lost', async () => {
  const store = memoryStore();
  const summary = await start(pipeline, { home: store.open() }).done;
  const expected = countedByPattern();
  const minutes = (await valuesOf(store, 'traffic')).map((value) => JSON.parse(value) as Record<string, number>);
  const total = (name: string) => minutes.reduce((sum, minute) => sum + (minute[name] ?? 0), 0);
  expect(summary.rowsIn).toBe(expected.lines);
  expect(total('requests') + summary.rowsRejected + summary.rowsDropped).toBe(expected.lines);
  expect({
    ...expected,
    requests: total('requests'),
    notFound: total('notFound'),
    serverErrors: total('serverErrors'),
    bytes: total('bytes'),
  }).toEqual(expected);
  expect(await valuesOf(store, 'web-logs.rejects')).toHaveLength(1);
});
