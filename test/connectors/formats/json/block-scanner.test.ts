import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boolean, category, float32, float64, int32, int64, schema, timestamp, utf8 } from '../../../../columnar/index.ts';
import { RecordWriter } from '../../../../connectors/contract/index.ts';
import { type NumberColumn, RowColumns } from '../../../../connectors/formats/columns/index.ts';
import { BlockScanner } from '../../../../connectors/formats/json/block-scanner.ts';
import { objectLayout } from '../../../../connectors/formats/json/object-layout.ts';
import { ScannerDictionary, ScannerMemory } from '../../../../connectors/formats/scanner/index.ts';
import { parseInstant } from '../../../../connectors/formats/values/index.ts';
import { rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf } from '../../../contract/home-fixture.ts';

const columns = schema({
  a: float64(),
  key: category(),
  text: utf8(),
  at: timestamp(),
  f: float32(),
  i: int32(),
  n: int64(),
  ok: boolean(),
});

function scanner(maxBytes = 1_000_000) {
  const memory = new ScannerMemory();
  const rows = new RowColumns(columns, 'json', () => new ScannerDictionary(memory));
  return { rows, blocks: new BlockScanner(memory, objectLayout(rows.names, { f: 'inner.f', i: 'inner.deep.i' }), rows, true, maxBytes) };
}

const refusedOf = (values: readonly string[], maxBytes?: number) => [...scanner(maxBytes).blocks.scan(recordsOf(values))];

describe('the block scanner', () => {
  test('reads plain records by itself, in any order of keys, nested, spaced, with other fields between', () => {
    const values = [
      '{"a":1.5,"key":"x","text":"hello","at":1700000000000,"inner":{"f":0.5,"deep":{"i":-3}},"n":-123456789012345678,"ok":true}',
      ' { "ok" : false , "x" : [ 1 , { "y" : "z" } , null , true , -1.5e+3 ] , "key" : "a longer key than sixteen bytes" , "a" : -0.0 } ',
      '{"text":null,"key":"x","inner":{"deep":{},"f":1}}',
      '{}',
    ];
    const { rows, blocks } = scanner();
    const records = recordsOf(values);
    expect([...blocks.scan(records)]).toEqual([0, 0, 0, 0]);
    blocks.takeTexts(records.bytes, 4);
    expect(rowsOf(rows.finish(4))).toEqual([
      { a: 1.5, key: 'x', text: 'hello', at: 1700000000000, f: 0.5, i: -3, n: -123456789012345678n, ok: true },
      { a: -0, key: 'a longer key than sixteen bytes', text: null, at: null, f: null, i: null, n: null, ok: false },
      { a: null, key: 'x', text: null, at: null, f: 1, i: null, n: null, ok: null },
      { a: null, key: null, text: null, at: null, f: null, i: null, n: null, ok: null },
    ]);
  });

  test('refuses what is not plain, and leaves nothing of it', () => {
    const values = [
      '{"a":1,"text":"\\n"}',
      '{"a":1,"text":"é\\n"}',
      '{"at":"2017-02-29"}',
      '{"at":"yesterday"}',
      '{"a":1,"a":2}',
      '{"a":1,"inner":{},"inner":{}}',
      '{"a":"1"}',
      '{"a":01}',
      '{"a":1',
      '{"a":1}}',
      '[1]',
      '',
      '{"a":1e999}',
      '{"a":12345678901234567890123}',
      '{"i":1}x',
      '{"a":1,"inner":{"deep":{"i":2147483648}}}',
      '{"a":1,"x":tru}',
      '{"a":1,"x":"\u0001"}',
      '{"a":+1}',
    ];
    const { rows, blocks } = scanner();
    expect([...blocks.scan(recordsOf(values))]).toEqual(values.map(() => 1));
    expect(rows.builders.every((builder) => builder.state.every((state) => state === 0))).toBe(true);
    expect(refusedOf(['{"a":1}', `{"text":"${'x'.repeat(100)}"}`, '{"a":2}'], 50)).toEqual([0, 1, 0]);
  });

  test('text beyond ASCII is read where it is UTF-8, and refused with its record where it is not', () => {
    const text = new TextEncoder();
    const unit = fc.oneof(
      fc
        .string({ unit: 'grapheme', maxLength: 12 })
        .map((value) => text.encode(JSON.stringify(value).slice(1, -1).replaceAll('\\', '/').replaceAll('/"', '-'))),
      fc.uint8Array({ min: 0x80, maxLength: 3 }),
      fc
        .constantFrom([0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xe2, 0x82])
        .map((bytes) => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(unit, { maxLength: 5 }), { minLength: 1, maxLength: 6 }), (rowsOfParts) => {
        const values = rowsOfParts.map((parts, row) =>
          Buffer.concat([text.encode(row % 2 === 0 ? '{"text":"' : '{"x":1,"key":"'), ...parts, text.encode('"}')]),
        );
        const writer = new RecordWriter();
        for (const value of values) {
          writer.value(value);
          writer.endRecord({ key: null, timestamp: 0 });
        }
        const { rows, blocks } = scanner();
        const records = writer.finish();
        const refused = blocks.scan(records);
        expect([...refused]).toEqual(values.map((value) => (isUtf8(value) ? 0 : 1)));
        if (refused.includes(1)) return;
        blocks.takeTexts(records.bytes, values.length);
        const read = rowsOf(rows.finish(values.length)).map(({ text: own, key }) => own ?? key);
        expect(read).toEqual(
          values.map((value) => (JSON.parse(value.toString()) as { text?: string; key?: string }).text ?? JSON.parse(value.toString()).key),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('any ISO 8601 time is the instant that the other ways read, or is refused', () => {
    const two = (most: number) => fc.nat(most).map((value) => String(value).padStart(2, '0'));
    const date = fc.tuple(fc.nat(9999), two(13), two(32)).map(([year, month, day]) => `${String(year).padStart(4, '0')}-${month}-${day}`);
    const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^[.,][0-9]{0,9}$/));
    const zone = fc.oneof(fc.constantFrom('', 'Z', 'z', '+', '+1'), fc.stringMatching(/^[+-][0-2][0-9](:?[0-6][0-9]?)?$/));
    const time = fc.tuple(
      fc.constantFrom('T', ' ', 't', 'x'),
      two(25),
      two(60),
      fc.oneof(
        fc.constant(''),
        two(61).map((second) => `:${second}`),
      ),
      fraction,
      zone,
    );
    const instants = fc.oneof(
      date,
      fc.tuple(date, time).map(([day, rest]) => day + rest.join('')),
      fc.tuple(date, fc.constantFrom('T24:00', 'T24:00:00Z', 'T23:59:60', 'T12')).map((parts) => parts.join('')),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(instants, { minLength: 10, maxLength: 40 }), (texts) => {
        const { rows, blocks } = scanner();
        const refused = blocks.scan(recordsOf(texts.map((text) => `{"at":"${text}"}`)));
        const { values } = rows.builders[3] as NumberColumn;
        texts.forEach((text, row) => {
          const bytes = new TextEncoder().encode(text);
          const expected = parseInstant(bytes, 0, bytes.length);
          expect([text, refused[row] === 1 ? Number.NaN : values[row]]).toEqual([text, expected]);
          if (refused[row] === 0) read++;
        });
      }),
      { numRuns: 200 },
    );
    expect(read).toBeGreaterThan(500);
  });

  test('any double, however it is written, has the bits that the engine reads; hardly any is refused', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const digits = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 19n - 1n }), fc.integer({ min: -330, max: 300 })).map(([m, e]) => `${m}e${e}`);
    const decimal = fc.tuple(fc.nat(99_999_999), fc.nat(99_999_999)).map(([whole, part]) => `${whole}.${String(part).padStart(8, '0')}`);
    let [read, refusals] = [0, 0];
    fc.assert(
      fc.property(fc.array(fc.oneof(number.map(String), digits, decimal), { minLength: 20, maxLength: 60 }), (texts) => {
        const { rows, blocks } = scanner();
        const refused = blocks.scan(recordsOf(texts.map((text) => `{"a":${text.replace('e+', 'E+')}}`)));
        const { values } = rows.builders[0] as NumberColumn;
        for (const [row, text] of texts.entries()) {
          if (refused[row] === 1) refusals++;
          else expect([text, values[row]]).toEqual([text, Number(text)]);
          read++;
        }
      }),
      { numRuns: 150 },
    );
    // Subnormal, too large, and what lies too near to a half.
    expect(refusals / read).toBeLessThan(0.12);
  });

  test('numbers at and beside the middle between two doubles', () => {
    const halves = Array.from({ length: 300 }, (_, index) => {
      const odd = 2n ** 53n + 1n + 2n * BigInt(index * 7919);
      return [odd, odd * 2n + 1n, odd * 4n - 1n, odd * 1000n + BigInt(index)].map(String);
    }).flat();
    const { rows, blocks } = scanner();
    const refused = blocks.scan(recordsOf(halves.map((text) => `{"a":${text}}`)));
    const { values } = rows.builders[0] as NumberColumn;
    halves.forEach((text, row) => {
      if (refused[row] === 0) expect(values[row]).toBe(Number(text));
    });
    expect(refused.filter((status) => status === 0).length).toBeGreaterThan(halves.length * 0.9);
  });

  test('a dictionary grows over blocks, keeps its codes, and is given up when it is too large', () => {
    const { rows, blocks } = scanner();
    const dictionaryOf = (from: number, to: number) => {
      const values = Array.from({ length: to - from }, (_, index) => `{"key":"key number ${from + index}"}`);
      blocks.scan(recordsOf(values));
      const batch = rows.finish(values.length);
      expect(rowsOf(batch).map(({ key }) => key)).toEqual(values.map((_, index) => `key number ${from + index}`));
      return batch.data.children[1]?.dictionary?.length;
    };
    expect(dictionaryOf(0, 100)).toBe(100);
    expect(dictionaryOf(50, 3000)).toBe(3000);
    expect(dictionaryOf(3000, 17_000)).toBe(17_000);
    expect(dictionaryOf(0, 10)).toBe(10);
  });

  test('records that lie scattered in large bytes are left to others', () => {
    const records = recordsOf(['{"a":1}', 'x'.repeat(500_000), '{"a":2}']);
    const two = { ...records, valueLength: Int32Array.of(7, 0, 7) };
    expect([...scanner().blocks.scan(two)]).toEqual([1, 1, 1]);
  });
});
