import { boolean, category, float64, int64, schema, timestamp, utf8 } from '../../columnar/index.ts';
import {
  combinedLog,
  combinedLogSchema,
  csv,
  type Format,
  grok,
  json,
  logfmt,
  type RecordColumns,
  RecordWriter,
  syslog,
  syslogSchema,
} from '../../connectors/index.ts';
import { Random } from '../../kernels/index.ts';

const columns = schema({ at: timestamp(), name: category(), note: utf8(), value: float64(), count: int64(), ok: boolean() });

/** Records that are fine, to be damaged. */
interface Subject {
  readonly name: string;
  readonly format: Format;
  readonly schema: typeof columns;
  readonly good: readonly string[];
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'json',
    format: json(),
    schema: columns,
    good: [
      '{"at":1700000000000,"name":"sensor-1","note":"plain","value":1.5,"count":12345678901234567,"ok":true}',
      '{ "ok" : false, "note" : "esc \\n \\u00e9 \\"", "value" : -0.0012e-7, "x" : { "deep" : [1, "two", null] }, "at" : "2024-01-01T00:00:00Z" }',
      '{"name":"é✓","value":0.1234567890123456,"count":-1,"note":null}',
    ],
  },
  {
    name: 'csv',
    format: csv(),
    schema: columns,
    good: ['1700000000000,a,"quoted ""text"", here",1.5,3,true', '2024-01-01,b,,,-9223372036854775808,0'],
  },
  {
    name: 'combinedLog',
    format: combinedLog(),
    schema: combinedLogSchema as never,
    good: [
      '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif?x=%20 HTTP/1.0" 200 2326 "http://example.com/" "Mozilla/4.08 [en] (Win98)"',
      '::1 - - [29/Feb/2024:23:59:59 +0530] "POST /a\\"b HTTP/2.0" 404 - "-" "\\xc3\\xa9"',
    ],
  },
  {
    name: 'syslog',
    format: syslog(),
    schema: syslogSchema as never,
    good: ['<34>1 2003-10-11T22:14:15.003Z host su - ID47 [a@1 x="\\]"] text', '<34>Oct 11 22:14:15 host su[12]: text'],
  },
  {
    name: 'logfmt',
    format: logfmt(),
    schema: columns,
    good: ['at=2024-01-01T00:00:00Z name=x note="a \\"b\\"" value=1.5 ok', 'count=3 value= note=plain'],
  },
  {
    name: 'grok',
    format: grok('%{TIMESTAMP_ISO8601:at} %{WORD:name} %{NUMBER:value} %{GREEDYDATA:note}'),
    schema: schema({ at: timestamp(), name: category(), value: float64(), note: utf8() }) as never,
    good: ['2024-01-01T00:00:00Z x 1.5 rest of it'],
  },
];

/** What a run has seen. */
export interface FuzzResult {
  readonly records: number;
  readonly rows: number;
  readonly rejects: number;
}

const encoder = new TextEncoder();
const INTERESTING = encoder.encode('{}[]",:\\\n\r\t =-+.eE0919<>[]/ntf\u0000\u007f');
const PER_BLOCK = 64;

/**
 * Damages good records of every format and decodes them, many in one block, so that reading past a record's end would meet the next. Throws when a decoder throws, loses or invents a
 * record, when a record decodes otherwise alone than in its block, or when JSON is accepted that JSON.parse refuses or reads otherwise.
 */
export function fuzzFormats(records: number, seed: number): FuzzResult {
  const random = new Random(seed);
  let [seen, rows, rejects] = [0, 0, 0];
  while (seen < records) {
    const subject = SUBJECTS[Math.floor(random.uniform() * SUBJECTS.length)] as Subject;
    const values = Array.from({ length: PER_BLOCK }, () => damaged(pick(subject.good, random), random));
    const decoded = subject.format.decoder(subject.schema).decode(blockOf(values));
    if (decoded.record.length !== decoded.batch.numRows) fail(subject, 'rows without a record', values);
    if (decoded.record.length + decoded.rejects.length !== values.length) fail(subject, 'a record was lost or came twice', values);
    checkAlone(subject, values, decoded.record, decoded.rejects, Math.floor(random.uniform() * PER_BLOCK));
    if (subject.name === 'json') checkJson(subject, values, decoded.record, decoded.batch);
    seen += values.length;
    rows += decoded.batch.numRows;
    rejects += decoded.rejects.length;
  }
  return { records: seen, rows, rejects };
}

const pick = <Value>(values: readonly Value[], random: Random) => values[Math.floor(random.uniform() * values.length)] as Value;

/** Up to four changes: a byte replaced, left out or doubled, the end cut off, a piece moved. */
function damaged(text: string, random: Random): Uint8Array {
  let bytes = [...encoder.encode(text)];
  for (let changes = Math.floor(random.uniform() * 5); changes > 0 && bytes.length > 0; changes--) {
    const at = Math.floor(random.uniform() * bytes.length);
    const kind = random.uniform();
    const byte =
      random.uniform() < 0.7
        ? (INTERESTING[Math.floor(random.uniform() * INTERESTING.length)] as number)
        : Math.floor(random.uniform() * 256);
    if (kind < 0.4) bytes[at] = byte;
    else if (kind < 0.6) bytes.splice(at, 1);
    else if (kind < 0.8) bytes.splice(at, 0, byte);
    else if (kind < 0.9) bytes = bytes.slice(0, at);
    else bytes.splice(at, 0, ...bytes.slice(0, Math.floor(random.uniform() * 20)));
  }
  return Uint8Array.from(bytes);
}

function blockOf(values: readonly Uint8Array[]): RecordColumns {
  const writer = new RecordWriter();
  for (const value of values) {
    writer.value(value);
    writer.endRecord({ key: null, timestamp: 1_700_000_000_000 });
  }
  return writer.finish();
}

type Rejects = readonly { readonly record: number; readonly reason: string }[];

function checkAlone(subject: Subject, values: readonly Uint8Array[], record: Int32Array, rejects: Rejects, index: number): void {
  const alone = subject.format.decoder(subject.schema).decode(blockOf([values[index] as Uint8Array]));
  const reason = rejects.find((reject) => reject.record === index)?.reason;
  if (record.includes(index) !== (alone.batch.numRows === 1) || alone.rejects[0]?.reason !== reason)
    fail(subject, `record ${index} differs alone`, values);
}

function checkJson(
  subject: Subject,
  values: readonly Uint8Array[],
  record: Int32Array,
  batch: { get(row: number): { toJSON(): unknown } | null },
): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let row = 0; row < record.length; row++) {
    const parsed = JSON.parse(decoder.decode(values[record[row] as number])) as Record<string, unknown>;
    const decoded = batch.get(row)?.toJSON() as Record<string, unknown>;
    for (const name of ['name', 'note', 'value', 'ok']) {
      if (!Object.is(decoded[name] ?? null, parsed[name] ?? null))
        fail(subject, `record ${record[row]}: '${name}' is ${String(decoded[name])}`, values);
    }
  }
}

function fail(subject: Subject, what: string, values: readonly Uint8Array[]): never {
  const shown = values.map((value) => Buffer.from(value).toString('base64')).join('\n');
  throw new Error(`${subject.name}: ${what}. The records of the block, in base64:\n${shown}`);
}
