import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binary, boolean, category, float64, int32, int64, required, schema, timestamp, utf8 } from '../../../../columnar/index.ts';
import { csv } from '../../../../connectors/index.ts';
import { encoded, formatSuite, rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf, valuesOf } from '../../../contract/home-fixture.ts';

const columns = schema(
  {
    station: required(category()),
    at: timestamp(),
    note: utf8(),
    value: float64(),
    count: int32(),
    large: int64(),
    ok: boolean(),
    raw: binary(),
  },
  { eventTime: 'at' },
);

const good = [
  'a,2017-03-01T05:00:00Z,plain,1.5,-7,9007199254740993,true,AQID',
  'b,1488344400000,"with, comma and ""quotes""",.5,,,0,',
  'a,2017-03-01,"",1e-7,12,-1,TRUE,',
  '"a",10/Oct/2000:13:55:36 -0700, spaces stay ,+3,,,,',
];

formatSuite('csv', {
  format: csv(),
  schema: columns,
  good,
  bad: [
    ['', /empty row/],
    ['a,2017-03-01', /expected 8 fields, found 2/],
    [`${good[0]},more`, /expected 8 fields, found more/],
    ['a,2017-03-01,"open,1,2,3,true,', /quotes of field 3/],
    ['a,2017-03-01,"x"y,1,2,3,true,', /quotes of field 3/],
    ['a,2017-03-01,,abc,,,,', /column 'value': expected a float64 number, found "abc"/],
    ['a,2017-03-01,,1e999,,,,', /column 'value'/],
    ['a,2017-03-01,,0x10,,,,', /column 'value'/],
    ['a,2017-03-01,,,2.5,,,', /column 'count'/],
    ['a,2017-03-01,,,,1.5,,', /column 'large'/],
    ['a,2017-03-01,,,,,yes,', /column 'ok'/],
    ['a,2017-03-01,,,,,,?', /column 'raw'/],
    ['a,yesterday,,,,,,', /column 'at': expected an instant/],
    ['a,,,,,,,', /column 'at' is required and empty/],
    [',2017-03-01,,,,,,', /column 'station' is required and empty/],
  ],
});

describe('csv', () => {
  test('values and nulls', () => {
    const rows = rowsOf(csv().decoder(columns).decode(recordsOf(good)).batch);
    expect(rows[1]).toEqual({
      station: 'b',
      at: 1488344400000,
      note: 'with, comma and "quotes"',
      value: 0.5,
      count: null,
      large: null,
      ok: false,
      raw: null,
    });
    expect(rows[0]).toMatchObject({ large: 9007199254740993n, ok: true });
    expect([rows[2]?.note, rows[3]?.note, rows[3]?.at]).toEqual(['', ' spaces stay ', Date.UTC(2000, 9, 10, 20, 55, 36)]);
  });

  test('other delimiters, nulls and orders of fields', () => {
    const two = schema({ a: float64(), b: utf8() });
    const format = csv({ delimiter: ';', quote: "'", nulls: ['NA', '-'], fields: ['b', 'skipped', 'a'] });
    const { batch, rejects } = format.decoder(two).decode(recordsOf(["'x;''y';what;1", 'NA;;-', "'NA';;NA\r\n"]));
    expect(rejects).toEqual([]);
    expect(rowsOf(batch)).toEqual([
      { a: 1, b: "x;'y" },
      { a: null, b: null },
      { a: null, b: 'NA' },
    ]);
    expect(() => csv({ fields: ['b'] }).decoder(two)).toThrow(/column 'a'/);
    expect(valuesOf(encoded(csv({ delimiter: ';', quote: "'", nulls: ['NA'], fields: ['b', 'a'] }), two, batch))).toEqual([
      "'x;''y';1",
      'NA;NA',
      "'NA';NA",
    ]);
  });

  test('whatever strings are written read back the same', () => {
    const one = schema({ a: utf8(), b: category(), c: float64() });
    const value = fc.option(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', 'NA', '') }));
    fc.assert(
      fc.property(value, value, fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), (a, b, c) => {
        const quote = (text: string | null) => (text === null ? 'NULL' : `"${text.replaceAll('"', '""')}"`);
        const format = csv({ nulls: ['NULL', ''] });
        const decoded = format.decoder(one).decode(recordsOf([`${quote(a)},${quote(b)},${c === null ? '' : Object.is(c, -0) ? '-0' : c}`]));
        expect(rowsOf(decoded.batch)).toEqual([{ a, b, c }]);
        expect(rowsOf(format.decoder(one).decode(encoded(format, one, decoded.batch)).batch)).toEqual([{ a, b, c }]);
      }),
    );
  });
});
