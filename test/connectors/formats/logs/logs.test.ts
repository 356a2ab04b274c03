import { describe, expect, test } from 'vitest';
import { boolean, category, float64, int32, int64, schema, timestamp, utf8 } from '../../../../columnar/index.ts';
import { combinedLog, combinedLogSchema, grok, logfmt, syslog, syslogSchema } from '../../../../connectors/index.ts';
import { formatSuite, rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf } from '../../../contract/home-fixture.ts';

const combined = [
  '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"',
  '::1 - - [01/Jan/2024:00:00:00 +0000] "-" 408 -',
  'host.example - user name [29/Feb/2024:23:59:59 +0530] "POST /a\\"b?c=%20 HTTP/2.0" 404 0 "-" "agent \\\\ \\x41\\xc3\\xa9 \\xff"',
  '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "\\x16\\x03\\x01" 400 226 "-" "-"',
];

formatSuite('combinedLog', {
  format: combinedLog(),
  schema: combinedLogSchema,
  good: combined,
  writes: false,
  bad: [
    ['', /expected \[day/],
    ['only words here', /expected \[day/],
    [combined[0]?.replace('Oct', 'Okt') as string, /time in brackets/],
    [combined[0]?.replace('10/Oct', '40/Oct') as string, /time in brackets/],
    [combined[0]?.replace('13:55', '25:55') as string, /time in brackets/],
    [combined[0]?.replace('"GET', 'GET') as string, /request in quotes/],
    [combined[0]?.replace('" 200 2326', '"') as string, /./],
    [combined[0]?.replace('" 200', '" abc') as string, /column 'status': expected a 32-bit integer, found "abc"/],
    [combined[0]?.replace('I ;Nav)"', 'I ;Nav)') as string, /referrer and agent/],
  ],
});

describe('combinedLog', () => {
  const decode = (lines: readonly string[]) => rowsOf(combinedLog().decoder(combinedLogSchema).decode(recordsOf(lines)).batch);

  test('fields, nulls, escapes and zones', () => {
    const rows = decode(combined);
    expect(rows[0]).toEqual({
      client: '127.0.0.1',
      user: 'frank',
      at: Date.UTC(2000, 9, 10, 20, 55, 36),
      method: 'GET',
      path: '/apache_pb.gif',
      protocol: 'HTTP/1.0',
      status: 200,
      bytes: 2326n,
      referrer: 'http://www.example.com/start.html',
      agent: 'Mozilla/4.08 [en] (Win98; I ;Nav)',
    });
    expect(rows[1]).toMatchObject({ user: null, method: null, path: null, status: 408, bytes: null, referrer: null, agent: null });
    expect(rows[2]).toMatchObject({
      user: 'user name',
      at: Date.UTC(2024, 1, 29, 18, 29, 59),
      path: '/a"b?c=%20',
      referrer: null,
      agent: 'agent \\ A\\xc3\\xa9 \\xff',
    });
    expect(decode([combined[2]?.replace(' \\xff', '') as string])[0]?.agent).toBe('agent \\ Aé');
    expect(rows[3]).toMatchObject({ method: null, path: null, protocol: null, status: 400 });
  });

  test('a schema with a strange field is refused with the list of fields', () => {
    expect(() => combinedLog().decoder(schema({ host: utf8() }))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('client, identity') }),
    );
    expect(() => combinedLog().encoder(combinedLogSchema)).toThrow(/cannot|not written/);
  });
});

const messages = [
  "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed".replace('\ufeff', ''),
  '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [a@1 x="]\\"" y="2"][b] said',
  "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick",
  'Jan  1 00:00:01 box kernel[12]: up',
  '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
];

formatSuite('syslog', {
  format: syslog(),
  schema: syslogSchema,
  good: messages,
  writes: false,
  bad: [
    ['', /expected a time/],
    ['<192>Oct 11 22:14:15 h x', /expected a priority/],
    ['<x>Oct 11 22:14:15 h x', /expected a priority/],
    ['<1>Okt 11 22:14:15 h x', /expected a time/],
    ['<1>Oct 11 24:14:15 h x', /expected a time/],
    ['<1>1 2003-13-11T22:14:15Z h a p i -', /RFC 3339/],
    ['<1>1 2003-10-11T22:14:15Z h a', /expected a space after app/],
    ['<1>1 2003-10-11T22:14:15Z h a p i [open', /structured data/],
  ],
});

describe('syslog', () => {
  const decode = (line: string, options = {}) =>
    rowsOf(
      syslog(options)
        .decoder(schema({ ...base }))
        .decode(recordsOf([line])).batch,
    )[0];
  const base = {
    facility: int32(),
    severity: int32(),
    at: timestamp(),
    host: category(),
    app: category(),
    process: category(),
    id: category(),
    structured: utf8(),
    message: utf8(),
  };

  test('RFC 5424', () => {
    expect(decode(messages[0] as string)).toEqual({
      facility: 4,
      severity: 2,
      at: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
      host: 'mymachine.example.com',
      app: 'su',
      process: null,
      id: 'ID47',
      structured: null,
      message: "'su root' failed",
    });
    expect(decode(messages[1] as string)).toMatchObject({
      facility: 20,
      severity: 5,
      at: Date.UTC(2003, 7, 24, 12, 14, 15),
      process: '8710',
      id: null,
      structured: '[a@1 x="]\\"" y="2"][b]',
      message: 'said',
    });
  });

  test('RFC 3164 takes the year nearest to the timestamp of the record', () => {
    // Records of the tests are stamped 1970-01-01T00:00:01: October is nearest in 1969, January 1 in 1970.
    expect(decode(messages[2] as string)).toMatchObject({
      facility: 4,
      severity: 2,
      at: Date.UTC(1969, 9, 11, 22, 14, 15),
      host: 'mymachine',
      app: 'su',
      message: "'su root' failed for lonvick",
    });
    expect(decode(messages[3] as string)).toMatchObject({
      facility: null,
      at: 1000,
      host: 'box',
      app: 'kernel',
      process: '12',
      message: 'up',
    });
    expect(decode(messages[4] as string)).toMatchObject({ app: null, host: '10.0.0.99', message: 'Use the BFG!' });
    expect(decode(messages[3] as string, { zoneMinutes: 60 })).toMatchObject({ at: 1000 - 3_600_000 });
  });
});

const pairs = schema({ ts: timestamp(), level: category(), msg: utf8(), ms: float64(), n: int64(), ok: boolean() }, { eventTime: 'ts' });

formatSuite('logfmt', {
  format: logfmt(),
  schema: pairs,
  good: [
    'ts=2024-01-01T00:00:00Z level=info msg="a \\"quoted\\" text\\n" ms=1.5 n=3 ok other=x',
    '  ts=1704067200000   level= msg=plain ok=false',
    'ts=2024-01-01 msg=a=b',
  ],
  writes: false,
  bad: [
    ['', /no key=value/],
    ['=x', /expected a key at byte 0/],
    ['ts=2024-01-01 msg="open', /quotes at byte 18 do not end/],
    ['ts=2024-01-01 ms=fast', /column 'ms'/],
    ['ts=2024-01-01 ts=2024-01-01', /duplicate key "ts"/],
    ['level=info', /column 'ts' is required and missing/],
  ],
});

test('logfmt values; unknown keys on request', () => {
  const line = 'ts=2024-01-01T00:00:00Z level= msg="a \\"b\\"\\n" ms=1.5 ok other=x';
  expect(
    rowsOf(
      logfmt()
        .decoder(pairs)
        .decode(recordsOf([line])).batch,
    ),
  ).toEqual([{ ts: Date.UTC(2024, 0, 1), level: null, msg: 'a "b"\n', ms: 1.5, n: null, ok: true }]);
  expect(
    logfmt({ unknown: 'reject' })
      .decoder(pairs)
      .decode(recordsOf([line])).rejects,
  ).toMatchObject([{ reason: 'unknown key "other"' }]);
});

const traced = schema({ at: timestamp(), level: category(), client: category(), took: float64(), rest: utf8() }, { eventTime: 'at' });
const pattern = '%{TIMESTAMP_ISO8601:at} %{LOGLEVEL:level} (?:from %{IP:client} )?took %{NUMBER:took}%{UNIT}%{GREEDYDATA:rest}';

formatSuite('grok', {
  format: grok(pattern, { patterns: { UNIT: 'ms|s' } }),
  schema: traced,
  good: [
    '2024-01-01T00:00:00Z INFO from 10.0.0.1 took 12.5ms, done',
    '2024-01-01 00:00:01,250 error took 3s',
    '2024-01-01T00:00:00Z WARN from ::1 took 0ms',
  ],
  writes: false,
  bad: [
    ['', /does not match/],
    ['2024-01-01T00:00:00Z INFO took ms', /does not match/],
    ['2024-13-01T00:00:00Z INFO took 1ms', /column 'at': expected an instant/],
  ],
});

test('grok: values, and patterns that cannot be', () => {
  const format = grok(pattern, { patterns: { UNIT: 'ms|s' } });
  const { batch } = format.decoder(traced).decode(recordsOf(['2024-01-01 00:00:01,250 error took 3s left']));
  expect(rowsOf(batch)).toEqual([{ at: Date.UTC(2024, 0, 1, 0, 0, 1, 250), level: 'error', client: null, took: 3, rest: ' left' }]);
  expect(() => grok('%{NO_SUCH:a}')).toThrow(/unknown pattern NO_SUCH/);
  expect(() => grok('%{toString:a}')).toThrow(/unknown pattern toString/);
  expect(() => grok('%{INT:a} %{INT:a}')).toThrow(/stands twice/);
  expect(() => grok('%{A:a}', { patterns: { A: '%{B}', B: '%{A}' } })).toThrow(/contains itself/);
  expect(() => grok('(')).toThrow(/grok: /);
});
