import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boolean, category, float64, int64, required, schema, tensor, timestamp, utf8 } from '../../../../columnar/index.ts';
import { json, RecordWriter } from '../../../../connectors/index.ts';

const row = schema({
  at: timestamp(),
  count: int64(),
  level: float64(),
  name: required(category()),
  note: utf8(),
  ok: boolean(),
  pair: tensor(2),
});

const encoder = new TextEncoder();

function decoded(texts: readonly string[]) {
  const writer = new RecordWriter();
  for (const text of texts) {
    writer.value(encoder.encode(text));
    writer.endRecord({ key: null, timestamp: 0 });
  }
  const { batch, record, rejects } = json().decoder(row).decode(writer.finish(), 0);
  const rows = Array.from({ length: batch.numRows }, (_, at) =>
    JSON.stringify(batch.get(at), (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  return { rows, record: [...record], rejects };
}

const value = fc.record(
  {
    at: fc.integer({ min: 0, max: 2 ** 41 }),
    count: fc.maxSafeInteger(),
    level: fc.double({ noNaN: true, noDefaultInfinity: true }),
    name: fc.constantFrom('a', 'b', 'ü', 'a "quoted" one'),
    note: fc.string(),
    ok: fc.boolean(),
    pair: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
  },
  { requiredKeys: [] },
);

/** Records without a name, broken ones and good ones. */
const text = fc.oneof(
  { weight: 4, arbitrary: value.map((fields) => JSON.stringify(fields)) },
  { weight: 1, arbitrary: fc.constant('{"at":1,"note":"cut') },
);

describe('RowColumns', () => {
  it('leaves rejected rows out of every kind of column: a block gives what its records give one by one', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        const whole = decoded(texts);
        const single = texts.map((one) => decoded([one]));
        expect(whole.rows).toEqual(single.flatMap(({ rows }) => rows));
        expect(whole.record).toEqual(single.flatMap(({ rows }, at) => (rows.length > 0 ? [at] : [])));
        expect(whole.rejects).toEqual(single.flatMap(({ rejects }, at) => rejects.map(({ reason }) => ({ record: at, reason }))));
      }),
      { numRuns: 50 },
    );
  });

  it('counts the rows without a value behind long stretches of rows with one', () => {
    const writer = new RecordWriter();
    for (let at = 0; at < 1000; at++) {
      writer.value(encoder.encode(at % 333 === 332 ? '{"name":"a"}' : `{"name":"a","level":${at}}`));
      writer.endRecord({ key: null, timestamp: 0 });
    }
    const { batch } = json().decoder(row).decode(writer.finish(), 0);
    expect(batch.getChild('level')?.nullCount).toBe(3);
    expect([331, 332, 333].map((at) => batch.getChild('level')?.get(at))).toEqual([331, null, 333]);
    expect(batch.getChild('name')?.nullCount).toBe(0);
  });
});
