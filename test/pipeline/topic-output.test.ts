import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  SpareMemory,
  schema,
  timestampData,
  utf8,
  utf8Data,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { type OutputRecords, type RecordColumns, type TopicDefinition, topic } from '../../connectors/index.ts';
import { Published } from '../../pipeline/published.ts';
import { TopicOutput } from '../../pipeline/topic-output.ts';
import { type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import { type EventColumns, event } from './example-pipelines.ts';

const decoder = new TextDecoder();

interface Row {
  readonly sensor: string | null;
  readonly at: number;
  readonly value: number;
}

/** Rows as a sink gets them; NaN stands for no event time. */
function streamOf(rows: readonly Row[], watermark = 77): StreamBatch<EventColumns> {
  const names = [...new Set(rows.map(({ sensor }) => sensor ?? ''))];
  const [missing, timeless] = [new ValidityBuilder(rows.length), new ValidityBuilder(rows.length)];
  rows.forEach(({ sensor, at }, row) => {
    if (sensor === null) missing.setNull(row);
    if (Number.isNaN(at)) timeless.setNull(row);
  });
  const batch = makeBatch(event, [
    categoryData(
      Int32Array.from(rows, ({ sensor }) => names.indexOf(sensor ?? '')),
      names,
      missing,
    ),
    timestampData(
      rows.map(({ at }) => (Number.isNaN(at) ? 0 : at)),
      timeless,
    ),
    float64Data(Float64Array.from(rows, ({ value }) => value)),
  ]);
  return {
    batch,
    origin: { source: 'events', partition: 0 },
    ordinal: Float64Array.from(rows.keys()),
    sub: new Int32Array(rows.length),
    watermark: new Float64Array(rows.length).fill(watermark),
  };
}

const text = (records: RecordColumns, part: 'key' | 'value', record: number) => {
  const [start, length] = [records[`${part}Start`][record] as number, records[`${part}Length`][record] as number];
  return length < 0 ? null : decoder.decode(records.bytes.subarray(start, start + length));
};

const listed = (outputs: readonly OutputRecords[]) =>
  outputs.flatMap(({ topic, partition, records }) =>
    Array.from({ length: records.count }, (_, record) => ({
      place: `${topic}/${partition}`,
      key: text(records, 'key', record),
      value: text(records, 'value', record),
      timestamp: records.timestamp[record],
    })),
  );

function output(
  definition: TopicDefinition<never>,
  place: { readonly partitions?: number; readonly task?: number; readonly published?: Published } = {},
) {
  return new TopicOutput(definition, { partitions: 1, task: 0, published: new Published(), memory: new SpareMemory(), ...place });
}

const events = topic('out', { schema: event }) as never as TopicDefinition<never>;

describe('a topic output', () => {
  it('takes key and timestamp from the schema; without event time the watermark, else the beginning of time', () => {
    const sink = output(events);
    sink.write(streamOf([{ sensor: 's1', at: 5000, value: 1 }]));
    sink.write(streamOf([{ sensor: 's2', at: Number.NaN, value: 2 }], 77));
    sink.write(streamOf([{ sensor: 's3', at: Number.NaN, value: 3 }], Number.NEGATIVE_INFINITY));
    expect(sink.pendingBytes).toBeGreaterThan(0);
    expect(listed(sink.take())).toEqual([
      { place: 'out/0', key: 's1', value: '{"sensor":"s1","at":5000,"value":1}', timestamp: 5000 },
      { place: 'out/0', key: 's2', value: '{"sensor":"s2","at":null,"value":2}', timestamp: 77 },
      { place: 'out/0', key: 's3', value: '{"sensor":"s3","at":null,"value":3}', timestamp: 0 },
    ]);
    expect([sink.pendingBytes, sink.take()]).toEqual([0, []]);
  });

  // murmur2 as org.apache.kafka.common.utils.UtilsTest records it; the partition is its low 31 bits modulo the partitions.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['abc', 479470107],
  ])("sends key '%s' where Java's client would", (sensor, hash) => {
    for (const partitions of [2, 7, 12]) {
      const sink = output(events, { partitions });
      sink.write(streamOf([{ sensor, at: 0, value: 0 }]));
      expect(sink.take().map(({ partition }) => partition)).toEqual([(hash & 0x7fffffff) % partitions]);
    }
  });

  it('keeps rows without key in the partition of their task, and the order within each partition', () => {
    const sink = output(events, { partitions: 3, task: 4 });
    const sensors = [null, 'abc', null, 'foobar', 'abc', null];
    sink.write(streamOf(sensors.map((sensor, row) => ({ sensor, at: row, value: row }))));
    const places = listed(sink.take()).map(({ place, key, timestamp }) => [place, key, timestamp]);
    expect(places.filter(([, key]) => key === null)).toEqual([0, 2, 5].map((at) => ['out/1', null, at]));
    expect(places.filter(([, key]) => key === 'abc').map(([, , at]) => at)).toEqual([1, 4]);
    const keyless = schema({ value: float64() });
    const plain = output(topic('plain', { schema: keyless }) as never, { partitions: 3, task: 5 });
    plain.write(streamOf([{ sensor: 'abc', at: 9, value: 1 }]));
    expect(listed(plain.take())).toEqual([{ place: 'plain/2', key: null, value: '{"value":1}', timestamp: 77 }]);
  });

  it('leaves out columns that its schema lacks, and names one that the rows lack', () => {
    const wider = schema({ value: float64(), unit: utf8() });
    const sink = output(topic('wide', { schema: wider }) as never);
    const unit = makeBatch(schema({ unit: utf8(), extra: float64(), value: float64() }), [
      utf8Data(['mm']),
      float64Data(Float64Array.of(0)),
      float64Data(Float64Array.of(2.5)),
    ]);
    sink.write({ ...streamOf([{ sensor: 's', at: 0, value: 0 }]), batch: unit as unknown as Batch } as StreamBatch);
    expect(listed(sink.take()).map(({ value }) => value)).toEqual(['{"value":2.5,"unit":"mm"}']);
    expect(() => sink.write(streamOf([{ sensor: 's', at: 0, value: 0 }]))).toThrow(/no column 'unit'/);
  });

  it('muted publishes nothing, but sums up what it would have published', () => {
    const sums = [false, true].map((muted) => {
      const published = new Published();
      const sink = output(events, { published });
      sink.muted = muted;
      sink.write(streamOf([{ sensor: 's1', at: 5, value: 1 }]));
      expect(sink.take()).toHaveLength(muted ? 0 : 1);
      return published.toJSON();
    });
    expect(sums[0]).toMatchObject({ 'out/0': { records: 1 } });
    expect(sums[1]).toEqual(sums[0]);
  });

  it('publishes the same records, and the same checksum, for every cut', () => {
    const rows = fc.array(
      fc.record({
        sensor: fc.constantFrom('a', 'b', 'c', null),
        at: fc.integer({ min: 0, max: 1e6 }),
        value: fc.integer({ min: 0, max: 99 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 4 }), (all, cut, partitions) => {
        const run = (cuts: readonly (readonly [number, number])[]) => {
          const published = new Published();
          const sink = output(events, { partitions, published });
          const whole = streamOf(all);
          for (const [from, to] of cuts)
            sink.write(
              takeStreamRows(
                whole,
                Int32Array.from({ length: to - from }, (_, i) => from + i),
              ),
            );
          return [listed(sink.take()), published.toJSON()];
        };
        const at = Math.min(cut, all.length);
        expect(
          run([
            [0, at],
            [at, all.length],
          ]),
        ).toEqual(run([[0, all.length]]));
      }),
    );
  });
});
