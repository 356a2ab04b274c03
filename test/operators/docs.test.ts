/** The pages of docs/operators are what the sources say, and their examples run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { makeBatch, schema, utf8, utf8Data } from '../../columnar/index.ts';
import * as operators from '../../operators/index.ts';
import { documentedAggregates, documentedOperators, operatorPages, PAGES } from '../../scripts/make-operator-docs.ts';
import { buildInTask, flow, type StreamBatch, sliceStreamBatch } from '../../streams/index.ts';
import { TestTask } from '../contract/test-task.ts';
import { sampleReadings } from './readings.ts';

/** What the example of lookupAsync asks, and how it answers. */
const place = schema({ city: utf8() });
const placesOf = async (ids: readonly string[]) => makeBatch(place, [utf8Data(ids)]);

const columnOf = (name: string, from: string) => operators.withColumn(name, operators.column(from) as never);

/** The streams that examples speak of, each with the columns that they use, all filled from seeded readings. */
function exampleStreams() {
  const source = new Subject<StreamBatch<never>>();
  const chain = flow as unknown as (...steps: readonly unknown[]) => never;
  const rows = chain(source, columnOf('pm10', 'temperature'), columnOf('id', 'station'));
  const renamed = (...pairs: [string, string][]) => chain(rows, ...pairs.map(([name, from]) => columnOf(name, from)));
  return {
    source,
    streams: {
      readings: rows,
      airReadings: rows,
      windReadings: renamed(['speed', 'temperature']),
      sensors: renamed(['latitude', 'pm25'], ['longitude', 'temperature'], ['place', 'note']),
      trades: renamed(['symbol', 'station']),
      quotes: renamed(['symbol', 'station'], ['price', 'pm25']),
      orders: renamed(['order', 'station']),
      payments: renamed(['order', 'station'], ['amount', 'pm25']),
      clicks: renamed(['user', 'station']),
    },
  };
}

/** Runs the code of an example in a task over seeded rows; returns how many came out, or nothing where it makes no stream. */
async function runExample(code: string): Promise<number | undefined> {
  const task = new TestTask();
  let rows = 0;
  let made: unknown;
  const { source } = buildInTask(task, () => {
    const example = exampleStreams();
    const names = { ...operators, flow, ...example.streams, streams: example.streams, place, placesOf };
    const body = /^(const|let) /.test(code) ? `{\n${code}\n}` : `return ${code.replace(/;\s*(\/\/.*)?$/, '')}`;
    made = new Function(...Object.keys(names), body)(...Object.values(names));
    const error = (thrown: unknown) => {
      throw thrown;
    };
    (made as Subject<StreamBatch> | undefined)?.subscribe?.({ next: ({ batch }) => (rows += batch.numRows), error });
    return example;
  });
  const input = sampleReadings(600);
  for (let from = 0; from < 600; from += 100) {
    source.next(sliceStreamBatch(input, from, from + 100) as never);
    task.endTurn();
  }
  source.complete();
  await task.settle();
  expect(task.unbalanced()).toEqual([]);
  return made === undefined ? undefined : rows;
}

describe('docs/operators', () => {
  test('are up to date', () => {
    const pages = operatorPages();
    expect(readdirSync(PAGES).sort()).toEqual([...pages.keys()].sort());
    for (const [file, text] of pages)
      expect(readFileSync(join(PAGES, file), 'utf8') === text, `${file} is out of date: node scripts/make-operator-docs.ts`).toBe(true);
  });

  test.each(documentedOperators().map((operator) => [operator.name, operator] as const))(
    '%s has an example, which runs, and says where its rows go',
    async (_name, operator) => {
      expect(operator.example).toBeDefined();
      expect(operator.body.some((paragraph) => paragraph.startsWith('Ledger:'))).toBe(true);
      expect(await runExample(operator.example as string)).toBeGreaterThan(0);
    },
  );

  test.each(documentedAggregates().flatMap(({ name, example }) => (example === undefined ? [] : [[name, example] as const])))(
    'the example of the aggregate %s runs',
    async (_name, example) => {
      await expect(runExample(example)).resolves.not.toThrow();
    },
  );
});
