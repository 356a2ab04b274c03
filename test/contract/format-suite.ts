import type { TypeMap } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { type Batch, type BatchSchema, emptyBatch } from '../../columnar/index.ts';
import { type DecodedRows, type Format, type RecordColumns, RecordWriter } from '../../connectors/index.ts';
import { recordsOf } from './home-fixture.ts';

/** What the suite needs to know of a format. */
export interface FormatFixture<T extends TypeMap> {
  readonly format: Format;
  readonly schema: BatchSchema<T>;
  /** Values of good records, as text; each becomes one row. */
  readonly good: readonly string[];
  /** Values that are rejected, with a part of the reason. */
  readonly bad: readonly (readonly [value: string, reason: RegExp])[];
  /** False for formats that only read. */
  readonly writes?: boolean;
}

const FIELDS = { key: () => null, timestamp: () => 0 };

/** Rows as plain objects, for comparisons. */
export function rowsOf(batch: Batch): Record<string, unknown>[] {
  return Array.from({ length: batch.numRows }, (_, row) => {
    const object = batch.get(row)?.toJSON() as Record<string, unknown>;
    return Object.fromEntries(batch.schema.fields.map(({ name }) => [name, object[name]]));
  });
}

/** The records that a format makes of a batch. */
export function encoded<T extends TypeMap>(format: Format, schema: BatchSchema<T>, batch: Batch<T>): RecordColumns {
  const writer = new RecordWriter();
  format.encoder(schema).encode(batch, writer, FIELDS);
  return writer.finish();
}

/** What every format must do. */
export function formatSuite<T extends TypeMap>(name: string, { format, schema, good, bad, writes = true }: FormatFixture<T>): void {
  const decode = (values: readonly (string | null)[]): DecodedRows<T> => format.decoder(schema).decode(recordsOf(values));

  describe(`format ${name}`, () => {
    test('no records give no rows of the schema', () => {
      const { batch, rejects } = decode([]);
      expect([batch.numRows, rejects.length]).toEqual([0, 0]);
      expect(batch.schema.fields.map(String)).toEqual(schema.fields.map(String));
    });

    test('good records become rows, each with its record', () => {
      const decoded = decode(good);
      expect(decoded.rejects).toEqual([]);
      expect([...decoded.record]).toEqual(good.map((_, index) => index));
      expect(decoded.batch.numRows).toBe(good.length);
    });

    test('bad records among good ones are rejected, each with its reason; every record is one or the other', () => {
      for (const [value, reason] of bad) {
        const values = [good[0] as string, value, good.at(-1) as string];
        const decoded = decode(values);
        expect([value, decoded.rejects.length]).toEqual([value, 1]);
        expect(decoded.rejects[0]).toMatchObject({ record: 1, reason: expect.stringMatching(reason) });
        expect([...decoded.record]).toEqual([0, 2]);
        expect(rowsOf(decoded.batch)).toEqual(rowsOf(decode([values[0] as string, values[2] as string]).batch));
      }
    });

    test('a record without a value is rejected', () => {
      expect(decode([null, good[0] as string]).rejects).toMatchObject([{ record: 0, reason: expect.stringMatching(/no value/) }]);
    });

    test('no record is read past its end, whatever follows it', () => {
      for (const value of good.slice(0, 3)) {
        const whole = rowsOf(decode([value]).batch);
        for (let length = 0; length < value.length; length++) {
          // The rest of the value follows at once in memory, where the cut record must not reach.
          const cut = splitAt(value, length);
          const alone = decode([value.slice(0, length)]);
          const beside = format.decoder(schema).decode(cut);
          expect(rowsOf(beside.batch)).toEqual(rowsOf(alone.batch));
          expect(beside.rejects).toEqual(alone.rejects);
        }
        expect(whole).toHaveLength(1);
      }
    });

    test('rows do not depend on the cut', () => {
      const decoder = format.decoder(schema);
      const all = rowsOf(decode(good).batch);
      expect(good.flatMap((value) => rowsOf(decoder.decode(recordsOf([value])).batch))).toEqual(all);
    });

    test('the decoder keeps nothing of the bytes', () => {
      const records = recordsOf(good);
      const { batch } = format.decoder(schema).decode(records);
      const before = JSON.stringify(rowsOf(batch), plainBigInt);
      records.bytes.fill(0x2a);
      expect(JSON.stringify(rowsOf(batch), plainBigInt)).toBe(before);
    });

    if (!writes) return;

    test('what is written reads back the same', () => {
      const { batch } = decode(good);
      const again = format.decoder(schema).decode(encoded(format, schema, batch));
      expect(again.rejects).toEqual([]);
      expect(rowsOf(again.batch)).toEqual(rowsOf(batch));
      expect(encoded(format, schema, emptyBatch(schema)).count).toBe(0);
    });

    test('a slice of a batch is written as it reads', () => {
      const { batch } = decode(good);
      const slice = batch.slice(1, batch.numRows) as Batch<T>;
      expect(rowsOf(format.decoder(schema).decode(encoded(format, schema, slice)).batch)).toEqual(rowsOf(batch).slice(1));
    });
  });
}

const plainBigInt = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

/** One record of the first `length` characters, whose bytes are followed by the others. ASCII only. */
function splitAt(value: string, length: number): RecordColumns {
  const records = recordsOf([value]);
  return { ...records, valueLength: Int32Array.of(length) };
}
