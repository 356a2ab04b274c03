import { describe, expect, test } from 'vitest';
import { category, float64, schema, utf8 } from '../../../../columnar/index.ts';
import { text } from '../../../../connectors/index.ts';
import { formatSuite, rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf } from '../../../contract/home-fixture.ts';

const one = schema({ message: utf8() });

formatSuite('text', { format: text(), schema: one, good: ['hello', '', 'two\nlines', 'grüße'.normalize()].slice(0, 3), bad: [] });
formatSuite('text in a category', { format: text(), schema: schema({ level: category() }), good: ['info', 'error', 'info'], bad: [] });

describe('text', () => {
  test('cuts one line end, keeps the rest, rejects what is no UTF-8 and what is too long', () => {
    const records = recordsOf(['a\r\n', 'b\n\n', '?', 'long enough']);
    records.bytes[records.valueStart[2] as number] = 0xff;
    const { batch, rejects } = text({ maxBytes: 5 }).decoder(one).decode(records);
    expect(rowsOf(batch)).toEqual([{ message: 'a' }, { message: 'b\n' }]);
    expect(rejects.map(({ reason }) => reason)).toEqual(['invalid UTF-8', '11 bytes, more than the limit of 5']);
  });

  test('a schema of other columns is refused', () => {
    expect(() => text().decoder(schema({ a: utf8(), b: utf8() }))).toThrow(/one column/);
    expect(() => text().encoder(schema({ a: float64() }))).toThrow(/one column/);
  });
});
