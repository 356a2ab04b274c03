import { Vector } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Batch,
  boolean,
  booleanData,
  category,
  categoryData,
  concatBatches,
  float64,
  float64Data,
  makeBatch,
  schema,
  timestamp,
  timestampData,
  utf8,
  utf8Data,
} from '../../columnar/index.ts';

const columns = schema({ text: utf8(), kind: category(), flag: boolean(), at: timestamp(), amount: float64() });
const strings = fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 20 });

function batchOf(values: readonly (string | null)[]): Batch {
  const known = [...new Set(values.filter((value) => value !== null))];
  const nulls = { nullCount: values.filter((value) => value === null).length, finish: () => bitmap };
  const bitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  values.forEach((value, row) => {
    if (value !== null) bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7));
  });
  const codes = Int32Array.from(values, (value) => (value === null ? 0 : known.indexOf(value)));
  const lengths = values.map((value) => value?.length ?? 0);
  return makeBatch(columns, [
    utf8Data(values),
    categoryData(codes, known, nulls),
    booleanData(
      lengths.map((length) => length % 2),
      nulls,
    ),
    timestampData(lengths, nulls),
    float64Data(Float64Array.from(lengths), nulls),
  ]);
}

test('rows of whole and sliced batches follow one another, nulls and all', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(strings, fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 5 }), (parts) => {
      const slices = parts.map(([values, one, other]) => {
        const [from, to] = [Math.min(one, other, values.length), Math.min(Math.max(one, other), values.length)];
        return { batch: batchOf(values).slice(from, to) as Batch, values: values.slice(from, to) };
      });
      const joined = concatBatches(slices.map(({ batch }) => batch));
      const expected = slices.flatMap(({ values }) => values);
      const [text, kind, flag, at, amount] = joined.data.children.map((column) => [...new Vector([column])]);
      expect(text).toEqual(expected);
      expect(kind).toEqual(expected);
      expect(flag).toEqual(expected.map((value) => value && value.length % 2 === 1).map((value) => (value === '' ? false : value)));
      expect(at).toEqual(expected.map((value) => value?.length ?? null));
      expect(amount).toEqual(expected.map((value) => value?.length ?? null));
    }),
  );
});
