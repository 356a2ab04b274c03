import { describe, expect, test } from 'vitest';
import { describeSchema } from '../../../../columnar/index.ts';
import { csv, inferredSource, inferSchema, json, schemaOfInferred } from '../../../../connectors/index.ts';
import { recordsOf } from '../../../contract/home-fixture.ts';

const range = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, index) => make(index));
const typesOf = (values: readonly string[]) => {
  const inferred = inferSchema(recordsOf(values));
  return { ...inferred, columns: inferred.columns.map(({ name, type, nullable }) => `${name}: ${type}${nullable ? '?' : ''}`) };
};

describe('inferSchema', () => {
  const readings = range(40, (index) =>
    JSON.stringify({
      station: `s${index % 4}`,
      ts: 1_700_000_000_000 + index,
      iso: '2024-01-01T00:00:00Z',
      pm25: index / 3,
      count: index,
      big: 9_007_199_254_740_000 + index,
      ok: index % 2 === 0,
      note: `note ${index}`,
      ...(index % 5 === 0 ? {} : { gap: 1.5 }),
      sensor: { unit: 'C', deep: { value: index + 0.5 } },
      tags: ['a'],
    }),
  );

  test('JSON: types, nulls, nested paths; and its own schema decodes all of it', () => {
    const inferred = inferSchema(recordsOf([...readings, '{broken']));
    expect(inferred).toMatchObject({
      format: 'json',
      records: 41,
      fitting: 40,
      eventTime: 'ts',
      options: { paths: { sensor_deep_value: 'sensor.deep.value' } },
    });
    expect(typesOf(readings).columns).toEqual([
      'station: category',
      'ts: timestamp',
      'iso: timestamp',
      'pm25: float64',
      'count: int32',
      'big: int64',
      'ok: boolean',
      'note: utf8',
      'sensor_unit: category',
      'sensor_deep_value: float64',
      'gap: float64?',
    ]);
    const decoded = json(inferred.options).decoder(schemaOfInferred(inferred)).decode(recordsOf(readings));
    expect([decoded.batch.numRows, decoded.rejects]).toEqual([40, []]);
  });

  test('CSV with and without header, other delimiters', () => {
    const rows = range(20, (index) => `2024-01-01;${index}.5;"a; b";${index === 3 ? '' : index}`);
    expect(typesOf(['day;value;note;n', ...rows])).toMatchObject({
      format: 'csv',
      header: true,
      options: { delimiter: ';' },
      columns: ['day: timestamp', 'value: float64', 'note: category', 'n: int32?'],
      eventTime: 'day',
    });
    const bare = inferSchema(recordsOf(rows));
    expect(bare).toMatchObject({ format: 'csv', header: false, columns: [{ name: 'column1' }, {}, {}, {}] });
    expect(csv(bare.options).decoder(schemaOfInferred(bare)).decode(recordsOf(rows)).rejects).toEqual([]);
  });

  test('log lines and plain text', () => {
    const access = '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326 "-" "Mozilla"';
    expect(typesOf([access, access, access])).toMatchObject({ format: 'combinedLog', eventTime: 'at' });
    expect(typesOf(['<34>Oct 11 22:14:15 mymachine su: failed', '<34>Oct 11 22:14:16 mymachine su: failed'])).toMatchObject({
      format: 'syslog',
    });
    expect(typesOf(range(9, (index) => `ts=2024-01-01T00:00:0${index}Z level=info msg="took, long" ms=${index}.5`))).toMatchObject({
      format: 'logfmt',
      columns: ['ts: timestamp', 'level: category', 'msg: category', 'ms: float64'],
    });
    expect(typesOf(['Dear all, this is', 'just a text', 'of several lines, without form'])).toMatchObject({
      format: 'text',
      columns: ['text: utf8'],
    });
    expect(typesOf([])).toMatchObject({ format: 'text', records: 0 });
  });

  test('files are read by what reads files', () => {
    const fromFile = (...lines: string[]) => inferredSource(inferSchema(recordsOf(lines)), { file: 'data/x' });
    expect(fromFile('at;level', '2024-01-01T00:00:00Z;1.5')).toContain(
      'const source = csvSource("data/x", { schema: columns, delimiter: ";" });',
    );
    expect(fromFile('1,2', '3,4')).toContain('const source = csvSource("data/x", { schema: columns, header: false });');
    expect(fromFile('{"level":1}')).toContain('const source = fileSource("data/x", { schema: columns, format: json() });');
    expect(fromFile('{"level":1}')).toContain("import { fileSource, json } from 'millrace/connectors';");
  });

  test('the source of the schema names all that it uses', () => {
    const source = inferredSource(inferSchema(recordsOf(readings)), { topic: 'readings' });
    expect(source).toContain("import { boolean, category, float64, int32, int64, required, schema, timestamp, utf8 } from 'millrace';");
    expect(source).toContain('{ eventTime: "ts" }');
    expect(source).toMatch(/const source = topic\("readings", \{ schema: columns, format: json\(.*\) \}\);/);
    expect(source).toContain('station: required(category()),');
    expect(source).toContain('gap: float64(),');
    expect(describeSchema(schemaOfInferred(inferSchema(recordsOf(readings))))[1]).toMatch(/^ts: Timestamp.* {2}\(event time\)$/);
  });
});
