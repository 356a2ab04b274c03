import { describe, expect, test } from 'vitest';
import { type ColumnsOf, float64, int32, numberView, schema, timestamp, utf8 } from '../../columnar/index.ts';
import {
  arrow,
  fromRecord,
  json,
  type Position,
  type ReadBudget,
  RecordWriter,
  type Source,
  type SourceBatch,
  topic,
} from '../../connectors/index.ts';
import { type HomeFixture, recordsOf, useHome } from './home-fixture.ts';

const readings = schema({ at: timestamp(), name: utf8(), value: float64() }, { eventTime: 'at' });
type Readings = ColumnsOf<typeof readings>;

const LARGE: ReadBudget = { rows: 4096, bytes: 8_000_000 };

/** Reads until the source has been idle once without giving anything. */
export async function drain(source: Source<Readings>, budget: ReadBudget = LARGE): Promise<SourceBatch<Readings>[]> {
  const batches: SourceBatch<Readings>[] = [];
  for (let idle = 0; idle < 20; ) {
    const next = await source.next(budget);
    if (next === 'end') break;
    if (next === 'idle') idle += batches.at(-1)?.lag === 0 || batches.length === 0 ? 10 : 1;
    else {
      batches.push(next);
      idle = 0;
    }
  }
  return batches;
}

const line = (index: number) => JSON.stringify({ at: 1_700_000_000_000 + index, name: `row ${index}`, value: index / 4 });
const namesOf = (batches: readonly SourceBatch<Readings>[]) =>
  batches.flatMap(({ batch }) => Array.from({ length: batch.numRows }, (_, row) => batch.getChildAt(1)?.get(row) as string));

/** What a topic source of every home must do. */
export function sourceSuite(name: string, make: () => Promise<HomeFixture>): void {
  describe(`topic source of ${name}`, () => {
    const store = useHome(make);

    async function filled(rows: number, perAppend = rows) {
      const definition = topic(store.unique('readings'), { schema: readings, format: json() });
      await store.home.topics.ensure(definition.name, { partitions: 1 });
      for (let from = 0; from < rows; from += perAppend) {
        const values = Array.from({ length: Math.min(perAppend, rows - from) }, (_, index) => line(from + index));
        await store.home.topics.append(definition.name, 0, recordsOf(values));
      }
      return definition;
    }

    async function withSource<R>(
      definition: Awaited<ReturnType<typeof filled>>,
      position: Position | undefined,
      use: (source: Source<Readings>) => Promise<R>,
    ) {
      const source = store.home.source(definition, store.unique('group'));
      try {
        await source.open(0, position);
        return await use(source);
      } finally {
        await source.close();
      }
    }

    test('an empty topic is idle', async () => {
      const definition = await filled(0);
      expect(await withSource(definition, undefined, (source) => source.next(LARGE))).toBe('idle');
    });

    test('an unknown topic is refused by name', async () => {
      const definition = topic(store.unique('missing'), { schema: readings });
      const source = store.home.source(definition, 'group');
      await expect(source.open(0, undefined)).rejects.toMatchObject({
        code: 'UNKNOWN_TOPIC',
        message: expect.stringContaining(definition.name),
      });
      await source.close();
    });

    test('gives all rows in order with their offsets, whatever the budget', async () => {
      const definition = await filled(100, 30);
      for (const rows of [1, 7, 30, 1000]) {
        const batches = await withSource(definition, undefined, (source) => drain(source, { rows, bytes: 8_000_000 }));
        expect(namesOf(batches)).toEqual(Array.from({ length: 100 }, (_, index) => `row ${index}`));
        expect(batches.flatMap(({ offset }) => [...offset])).toEqual(Array.from({ length: 100 }, (_, index) => index));
        expect(Math.max(...batches.map(({ batch }) => batch.numRows))).toBeLessThanOrEqual(rows);
        expect(batches.at(-1)).toMatchObject({ position: { [definition.name]: 100 }, lag: 0, partition: 0, source: definition.name });
      }
    });

    test('a budget counts rows, also where a record holds a batch of them', async () => {
      const definition = topic(store.unique('batches'), { schema: readings, format: arrow() });
      await store.home.topics.ensure(definition.name, { partitions: 1 });
      const writer = new RecordWriter();
      const { batch } = json()
        .decoder(readings)
        .decode(recordsOf(Array.from({ length: 100 }, (_, index) => line(index))));
      const encoder = definition.format.encoder(readings);
      for (let copy = 0; copy < 20; copy++) encoder.encode(batch, writer, { key: () => null, timestamp: () => 0 });
      await store.home.topics.append(definition.name, 0, writer.finish());
      const batches = await withSource(definition as never, undefined, (source) => drain(source, { rows: 350, bytes: 8_000_000 }));
      expect(batches.map((part) => part.batch.numRows)).toEqual([100, 300, 300, 300, 300, 300, 300, 100]);
    });

    test('a budget of few bytes still makes progress', async () => {
      const definition = await filled(20, 5);
      const batches = await withSource(definition, undefined, (source) => drain(source, { rows: 3, bytes: 1 }));
      expect(namesOf(batches)).toHaveLength(20);
    });

    test('lag tells how many records wait', async () => {
      const definition = await filled(50);
      const first = await withSource(definition, undefined, (source) => source.next({ rows: 20, bytes: 8_000_000 }));
      expect(first).toMatchObject({ lag: 30, records: 20 });
    });

    test('goes on from a position', async () => {
      const definition = await filled(30, 10);
      const batches = await withSource(definition, { [definition.name]: 13 }, (source) => drain(source));
      expect(namesOf(batches)[0]).toBe('row 13');
      expect(namesOf(batches)).toHaveLength(17);
    });

    test('stops exactly at `until`', async () => {
      const definition = await filled(30, 10);
      const until = { [definition.name]: 17 };
      await withSource(definition, { [definition.name]: 4 }, async (source) => {
        const batches = await drain(source, { ...LARGE, until });
        expect(namesOf(batches)).toEqual(Array.from({ length: 13 }, (_, index) => `row ${index + 4}`));
        expect(batches.at(-1)?.position).toEqual(until);
        expect(await source.next({ ...LARGE, until })).toBe('idle');
        expect(namesOf(await drain(source))[0]).toBe('row 17');
      });
    });

    test('a position beyond the end is an error, not silence', async () => {
      const definition = await filled(3);
      const source = store.home.source(definition, store.unique('group'));
      const reading = source.open(0, { [definition.name]: 50 }).then(() => source.next(LARGE));
      await expect(reading).rejects.toMatchObject({ code: 'SOURCE_FAILED', message: expect.stringContaining(definition.name) });
      await source.close();
    });

    test('records that cannot be decoded are rejected with bytes, offset and reason; rows and rejects add up', async () => {
      const definition = await filled(2);
      await store.home.topics.append(
        definition.name,
        0,
        recordsOf(['{"at":1,', line(3), null, '{"name":"no time"}'], ['k0', 'k1', 'k2', 'k3']),
      );
      const batches = await withSource(definition, undefined, (source) => drain(source));
      const rejects = batches.flatMap((batch) => batch.rejects);
      expect(rejects.map(({ record }) => record.offset)).toEqual([2, 4, 5]);
      expect(rejects.every((reject) => reject.reason.length > 5 && reject.source === definition.name)).toBe(true);
      expect(new TextDecoder().decode(rejects[0]?.record.value ?? undefined)).toBe('{"at":1,');
      expect(new TextDecoder().decode(rejects[0]?.record.key ?? undefined)).toBe('k0');
      expect(rejects[1]?.record.value).toBeNull();
      for (const batch of batches) expect(batch.records).toBe(batch.batch.numRows + batch.rejects.length);
      expect(batches.at(-1)?.position).toEqual({ [definition.name]: 6 });
    });

    test('the raw record of a row is at hand', async () => {
      const definition = await filled(10);
      const batches = await withSource(definition, { [definition.name]: 3 }, (source) => drain(source));
      expect(new TextDecoder().decode(batches[0]?.rawRecord(5)?.value ?? undefined)).toBe(line(5));
      expect(batches[0]?.rawRecord(500)).toBeUndefined();
    });

    test('columns from the record beside its value: partition and offset', async () => {
      const columns = schema({ name: utf8(), partition: int32(), offset: float64() });
      const format = fromRecord(json(), { partition: 'partition', offset: 'offset' });
      const definition = topic(store.unique('parts'), { schema: columns, format, partitions: 2 });
      await store.home.topics.ensure(definition.name, { partitions: 2 });
      await store.home.topics.append(definition.name, 1, recordsOf([line(0), line(1)]));
      const source = store.home.source(definition, 'group');
      await source.open(1, { [definition.name]: 1 });
      const rows = await source.next(LARGE);
      await source.close();
      if (typeof rows === 'string') throw new Error(`the source was ${rows}`);
      expect([...numberView(rows.batch, 'partition').values]).toEqual([1]);
      expect([...numberView(rows.batch, 'offset').values]).toEqual([1]);
    });

    test('sees records appended while it waits, here and through another handle', async () => {
      const definition = await filled(1);
      const other = await store.open();
      await withSource(definition, undefined, async (source) => {
        await drain(source);
        const waiting = source.next(LARGE);
        await store.home.topics.append(definition.name, 0, recordsOf([line(1)]));
        const rows = await waiting;
        expect(namesOf(rows === 'idle' || rows === 'end' ? await drain(source) : [rows])).toEqual(['row 1']);
        await other.topics.append(definition.name, 0, recordsOf([line(2)]));
        expect(namesOf(await drain(source))).toEqual(['row 2']);
      });
    });
  });
}
