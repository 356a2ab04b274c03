import { Field, Float64, List } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binary,
  boolean,
  category,
  float32,
  float64,
  int32,
  int64,
  required,
  schema,
  tensor,
  timestamp,
  utf8,
} from '../../../../columnar/index.ts';
import { json } from '../../../../connectors/index.ts';
import { encoded, formatSuite, rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf, valuesOf } from '../../../contract/home-fixture.ts';

const columns = schema(
  {
    station: required(category()),
    at: timestamp(),
    note: utf8(),
    value: float64(),
    single: float32(),
    small: int32(),
    large: int64(),
    ok: boolean(),
    raw: binary(),
  },
  { eventTime: 'at' },
);

const good = [
  '{"station":"a","at":1700000000000,"note":"plain","value":1.5,"single":0.1,"small":-7,"large":9007199254740993,"ok":true,"raw":"AQID"}',
  '{"ok":false,"large":-9223372036854775808,"small":2147483647,"single":-0,"value":-0.0,"note":"","at":"2017-03-01T05:00:00.250+08:00","station":"b"}',
  ' { "station" : "a" , "at" : 0 , "value" : 1e-7 , "note" : null , "extra" : { "deep" : [ 1 , "x\\n" , true , null ] } } ',
  '{"station":"Ünïcode ✓","at":-1,"note":"quote \\" slash \\/ tab \\t \\u00e9 \\ud83d\\ude00","value":123456789012345678}',
  '{"station":"a","at":1.7e12,"small":1e2,"large":3.0,"value":0.1234567890123456789}',
  '{"\\u0073tation":"escaped key","at":5}',
];

const row = (fields: string) => `{"station":"a","at":1,${fields}}`;
const bad: readonly (readonly [string, RegExp])[] = [
  ['', /empty value/],
  ['{', /broken JSON: expected a key in quotes at character 1, found the end/],
  ['{"station":"a","at":1', /broken JSON: expected ',' or '}' at character 21/],
  [`${row('"ok":true')}x`, /broken JSON: expected the end at character 32/],
  [row('"ok":tru'), /broken JSON: expected a value/],
  [row('"value":NaN'), /broken JSON/],
  [row('"value":Infinity'), /broken JSON/],
  [row('"value":01'), /broken JSON/],
  [row('"value":1.'), /broken JSON/],
  [row('"value":.5'), /broken JSON/],
  [row('"value":+1'), /broken JSON/],
  [row('"value":1,'), /broken JSON/],
  [row('"value":"1"'), /column 'value': expected a float64 number, found "1"/],
  [row('"value":1e999'), /column 'value': expected a float64 number, found 1e999/],
  [row('"single":1e39'), /column 'single'/],
  [row('"small":2147483648'), /column 'small': expected a 32-bit integer, found 2147483648/],
  [row('"small":1.5'), /column 'small'/],
  [row('"large":9223372036854775808'), /column 'large': expected a 64-bit integer/],
  [row('"large":0.5'), /column 'large'/],
  [row('"ok":1'), /column 'ok': expected true or false, found 1/],
  [row('"note":{}'), /column 'note': expected a string, found an object/],
  [row('"note":"\\ud800"'), /column 'note'/],
  [row('"note":"tab\there"'), /broken JSON/],
  [row('"note":"\\x"'), /broken JSON/],
  [row('"raw":"???"'), /column 'raw': expected a base64 string/],
  [row('"value":1,"value":2'), /duplicate key "value"/],
  [row('"value":1,"\\u0076alue":2'), /duplicate key "value"/],
  ['{"station":"a"}', /column 'at' is required and missing/],
  ['{"station":"a","at":null}', /column 'at' is required and null/],
  ['{"at":1}', /column 'station' is required and missing/],
  ['{"station":"a","at":"yesterday"}', /column 'at': expected an instant/],
  ['{"station":"a","at":9e15}', /column 'at': expected an instant/],
  ['[1]', /expected an object, found an array/],
  ['null', /expected an object, found null/],
  [`{"station":"a","at":1,"deep":${'['.repeat(600)}${']'.repeat(600)}}`, /nested deeper/],
];

formatSuite('json', { format: json(), schema: columns, good, bad });

describe('json', () => {
  const decode = (value: string, format = json()) => format.decoder(columns).decode(recordsOf([value]));
  const only = (value: string) => rowsOf(decode(value).batch)[0] as Record<string, unknown>;

  test('values are exact', () => {
    expect(only(good[0] as string)).toMatchObject({ value: 1.5, single: Math.fround(0.1), small: -7, large: 9007199254740993n, ok: true });
    const second = only(good[1] as string);
    expect(second).toMatchObject({ large: -9223372036854775808n, small: 2147483647, at: Date.parse('2017-02-28T21:00:00.250Z'), note: '' });
    expect([Object.is(second.value, -0), Object.is(second.single, -0)]).toEqual([true, true]);
    expect(only(good[3] as string)).toMatchObject({ station: 'Ünïcode ✓', note: 'quote " slash / tab \t é 😀', value: 123456789012345680 });
    expect(only(good[4] as string)).toMatchObject({ at: 1.7e12, small: 100, large: 3n, value: 0.12345678901234568 });
    expect(only(good[5] as string)).toMatchObject({ station: 'escaped key' });
  });

  test('invalid UTF-8 is rejected, in strings, in keys and in skipped fields', () => {
    for (const value of [row('"note":"?"'), row('"?":1'), row('"extra":"?"'), row('"extra":["?"]')]) {
      const records = recordsOf([value]);
      records.bytes[value.indexOf('?')] = 0xff;
      expect(json().decoder(columns).decode(records).rejects).toMatchObject([{ reason: 'invalid UTF-8' }]);
    }
  });

  test('unknown fields are rejected on request, a large value beyond its limit', () => {
    const unknown = decode(row('"value":1,"surprise":2'), json({ unknown: 'reject' }));
    expect(unknown.rejects).toMatchObject([{ reason: 'unknown field "surprise"' }]);
    expect(decode(row('"note":"long"'), json({ maxBytes: 20 })).rejects).toMatchObject([{ reason: expect.stringMatching(/limit of 20/) }]);
  });

  test('nested columns are read and written at their paths', () => {
    const nested = schema({ id: int32(), celsius: float64(), unit: utf8(), lost: float64() });
    const format = json({ paths: { celsius: 'sensor.reading.value', unit: 'sensor.unit', lost: 'gone.value' } });
    const text = '{"sensor":{"unit":"C","more":[],"reading":{"value":21.5}},"gone":null,"id":3}';
    const { batch, rejects } = format.decoder(nested).decode(recordsOf([text, '{"sensor":7}', '{"sensor":{"unit":"a"},"sensor":{}}']));
    expect(rowsOf(batch)).toEqual([{ id: 3, celsius: 21.5, unit: 'C', lost: null }]);
    expect(rejects.map(({ reason }) => reason)).toEqual(['field "sensor": expected an object, found 7', 'duplicate key "sensor"']);
    expect(valuesOf(encoded(format, nested, batch))).toEqual([
      '{"id":3,"sensor":{"reading":{"value":21.5},"unit":"C"},"gone":{"value":null}}',
    ]);
    expect(() => json({ paths: { celsius: 'id.value' } }).decoder(nested)).toThrow(/path/);
    expect(() => json({ paths: { celsius: 'id' } }).decoder(nested)).toThrow(/path/);
  });

  test('written: shortest digits, null for what JSON lacks, instants as asked', () => {
    const { batch } = decode(row('"value":0.1,"single":0.1,"small":3,"note":"a\\"b\\u0001"'));
    const epoch = valuesOf(encoded(json(), columns, batch))[0];
    expect(epoch).toBe('{"station":"a","at":1,"note":"a\\"b\\u0001","value":0.1,"single":0.1,"small":3,"large":null,"ok":null,"raw":null}');
    expect(valuesOf(encoded(json({ timestamps: 'iso' }), columns, batch))[0]).toContain('"at":"1970-01-01T00:00:00.001Z"');
  });

  test('lists of one length go into tensors and back', () => {
    const tensors = schema({ id: int32(), image: tensor(3) });
    const values = ['{"id":1,"image":[1,-0.5,1e-3]}', '{"id":2}', '{"id":3,"image":null}', '{"id":4,"image":[0.1,2,3]}'];
    const { batch, rejects } = json()
      .decoder(tensors)
      .decode(recordsOf([...values, '{"image":[1,2]}', '{"image":[1,2,"3"]}', '{"image":[1,2,1e39]}']));
    expect(rejects.map(({ reason }) => reason)).toEqual(
      Array(3).fill("column 'image': expected a list of as many float32 numbers as the column holds, found an array"),
    );
    expect(valuesOf(encoded(json(), tensors, batch))).toEqual([
      '{"id":1,"image":[1,-0.5,0.001]}',
      '{"id":2,"image":null}',
      '{"id":3,"image":null}',
      '{"id":4,"image":[0.1,2,3]}',
    ]);
  });

  test('fields that are no column are captured, digit by digit, and written again', () => {
    const some = schema({ id: int32(), others: utf8() });
    const format = json({ capture: 'others' });
    const values = ['{"id":1}', '{"x":1.50,"id":2,"y":{"z":[1,"é\\n",null,true]}}', '{"y":12345678901234567890}', '{"others":7}'];
    const { batch, rejects } = format.decoder(some).decode(recordsOf(values));
    expect(rejects).toEqual([]);
    expect(rowsOf(batch)).toEqual([
      { id: 1, others: null },
      { id: 2, others: '{"x":1.50,"y":{"z":[1,"é\\n",null,true]}}' },
      { id: null, others: '{"y":12345678901234567890}' },
      { id: null, others: '{"others":7}' },
    ]);
    const written = valuesOf(encoded(format, some, batch));
    expect(written).toEqual([
      '{"id":1}',
      '{"id":2,"x":1.50,"y":{"z":[1,"é\\n",null,true]}}',
      '{"id":null,"y":12345678901234567890}',
      '{"id":null,"others":7}',
    ]);
    expect(() => json({ capture: 'id' }).decoder(some)).toThrow(/cannot capture/);
    expect(() => json({ capture: 'none' }).decoder(some)).toThrow(/no column/);
  });

  test('a type that JSON cannot hold is refused when the format is applied', () => {
    const lists = schema({ list: { type: new List(new Field('item', new Float64())), nullable: true } });
    expect(() => json().decoder(lists)).toThrow(/column 'list'/);
    expect(() => json().encoder(lists)).toThrow(/column 'list'/);
  });

  test('categories share their dictionary while nothing is added', () => {
    const decoder = json().decoder(columns);
    const dictionaryOf = (value: string) => decoder.decode(recordsOf([value])).batch.data.children[0]?.dictionary;
    const first = dictionaryOf(row('"value":1'));
    expect(dictionaryOf(row('"value":2'))).toBe(first);
    expect(dictionaryOf('{"station":"new","at":1}')).not.toBe(first);
  });
});

describe('json against JSON.parse', () => {
  const flat = schema({ a: float64(), b: utf8(), c: boolean(), key: category() });
  const key = fc.constantFrom('a', 'b', 'c', 'key', 'other', 'k"ey', 'ä');
  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
  );
  const object = fc.dictionary(key, fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.jsonValue() }));
  const decode = (text: string) =>
    json()
      .decoder(flat)
      .decode(recordsOf([text]));

  test('any object: the same values, or a reject when a type does not fit', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const { batch, rejects } = decode(text);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const fits = (name: string, type: string) => parsed[name] === undefined || parsed[name] === null || typeof parsed[name] === type;
        const wellFormed = ['b', 'key'].every((name) => typeof parsed[name] !== 'string' || (parsed[name] as string).isWellFormed());
        const expected = fits('a', 'number') && fits('b', 'string') && fits('c', 'boolean') && fits('key', 'string') && wellFormed;
        expect([text, batch.numRows, rejects.length]).toEqual([text, expected ? 1 : 0, expected ? 0 : 1]);
        if (!expected) return;
        const [decoded] = rowsOf(batch);
        for (const name of ['a', 'b', 'c', 'key']) expect(decoded?.[name]).toEqual(parsed[name] ?? null);
      }),
      { numRuns: 400 },
    );
  });

  test('any damage: accepted only where JSON.parse accepts, with the same value', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:0123456789.-+eE \\utrfalsn\u0001\n')), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(object, edits, fc.boolean(), (value, changes, insert) => {
        const characters = [...JSON.stringify(value)];
        for (const [at, character] of changes) characters.splice(at % characters.length, insert ? 0 : 1, character);
        const text = characters.join('');
        const { batch, rejects } = decode(text);
        expect(batch.numRows + rejects.length).toBe(1);
        if (batch.numRows === 0) return;
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const [decoded] = rowsOf(batch);
        for (const name of ['a', 'b', 'c', 'key']) expect(decoded?.[name]).toEqual(parsed[name] ?? null);
      }),
      { numRuns: 800 },
    );
  });

  test('any number: the bits that the engine reads, and what is written reads back', () => {
    const numbers = schema({ value: float64(), exact: int64() });
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (value, exact) => {
          const { batch } = json()
            .decoder(numbers)
            .decode(recordsOf([`{"value":${Object.is(value, -0) ? '-0' : value},"exact":${exact}}`]));
          expect(rowsOf(batch)).toEqual([{ value, exact }]);
          const again = json()
            .decoder(numbers)
            .decode(encoded(json(), numbers, batch));
          expect(rowsOf(again.batch)).toEqual([{ value, exact }]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
