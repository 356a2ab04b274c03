import { describe, expect, test } from 'vitest';
import { binary, category, float64, int32, schema, timestamp, utf8 } from '../../../../columnar/index.ts';
import { LogBlockDecoder } from '../../../../connectors/formats/logs/log-block-decoder.ts';
import { combinedLog, combinedLogSchema } from '../../../../connectors/index.ts';
import { rowsOf } from '../../../contract/format-suite.ts';
import { recordsOf } from '../../../contract/home-fixture.ts';

const plain = (index: number) =>
  `10.0.0.${index % 7} - ${index % 3 === 0 ? 'frank' : '-'} [${String((index % 28) + 1).padStart(2, '0')}/Feb/2024:13:55:36 +0${index % 10}30] "GET /p/${index} HTTP/1.1" ${200 + (index % 5)} ${index % 4 === 0 ? '-' : index * 1000} "-" "agent ${index % 2}"`;
const escaped = '1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] "GET /\\"x HTTP/1.0" 200 1 "-" "é"';
const broken = '1.1.1.1 - - [99/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1 "-" "-"';

describe('access log lines by the kernel', () => {
  test('agree with those read one by one, in their order, beside lines that the kernel refuses', () => {
    const lines = Array.from({ length: 200 }, (_, index) =>
      index % 17 === 5 ? escaped : index % 23 === 7 ? broken : `${plain(index)}${index % 2 === 0 ? '\r\n' : ''}`,
    );
    // A column that the kernel has no form for: such a schema is read line by line.
    const known = Object.fromEntries(combinedLogSchema.fields.map((field) => [field.name, { type: field.type, nullable: field.nullable }]));
    const byLine = combinedLog().decoder(schema({ ...known, identity: binary() }));
    expect(byLine).not.toBeInstanceOf(LogBlockDecoder);
    const decoder = combinedLog().decoder(combinedLogSchema);
    expect(decoder).toBeInstanceOf(LogBlockDecoder);
    const fast = decoder.decode(recordsOf(lines));
    const slow = byLine.decode(recordsOf(lines));
    expect(rowsOf(fast.batch)).toEqual(rowsOf(slow.batch).map(({ identity: _, ...row }) => row));
    expect(fast.rejects).toEqual(slow.rejects);
    expect([...fast.record]).toEqual([...slow.record]);
    expect(fast.rejects.map(({ record }) => record)).toEqual(lines.flatMap((line, index) => (line === broken ? [index] : [])));
    expect(fast.rejects.every(({ reason }) => reason === 'the time in brackets is none')).toBe(true);
  });

  test('takes any subset of the fields in any type it has a form for', () => {
    const subset = schema({ path: category(), status: float64(), at: utf8(), bytes: int32() });
    const { batch, rejects } = combinedLog()
      .decoder(subset)
      .decode(recordsOf([plain(1), plain(4)]));
    expect(rejects).toEqual([]);
    expect(rowsOf(batch)).toEqual([
      { path: '/p/1', status: 201, at: '02/Feb/2024:13:55:36 +0130', bytes: 1000 },
      { path: '/p/4', status: 204, at: '05/Feb/2024:13:55:36 +0430', bytes: null },
    ]);
    const wrong = schema({ at: timestamp(), path: int32() });
    expect(
      combinedLog()
        .decoder(wrong)
        .decode(recordsOf([plain(1)])).rejects,
    ).toMatchObject([{ reason: expect.stringContaining("column 'path'") }]);
  });
});
