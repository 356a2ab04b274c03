import { Field, makeData, RecordBatch, Schema, Struct, Timestamp, TimeUnit } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantsOf } from '../../columnar/index.ts';

const UNITS = [
  [TimeUnit.SECOND, 0n],
  [TimeUnit.MILLISECOND, 1n],
  [TimeUnit.MICROSECOND, 1_000n],
  [TimeUnit.NANOSECOND, 1_000_000n],
] as const;

test.each(UNITS)('instants of unit %s are whole milliseconds, rounded down, to the last digit', (unit, perMillisecond) => {
  const within = fc.bigInt({ min: -4_000_000_000_000n, max: 4_000_000_000_000n });
  const values = fc.array(fc.tuple(within, fc.bigInt({ min: 0n, max: perMillisecond > 1n ? perMillisecond - 1n : 0n })), { minLength: 1 });
  fc.assert(
    fc.property(values, (rows) => {
      const seconds = perMillisecond === 0n;
      const stored = BigInt64Array.from(rows, ([millisecond, rest]) =>
        seconds ? millisecond / 1_000n : millisecond * perMillisecond + rest,
      );
      const field = new Field('at', new Timestamp(unit), true);
      const type = new Struct([field]);
      const at = makeData({ type: field.type, length: stored.length, nullCount: 0, data: stored } as never);
      const batch = new RecordBatch(new Schema([field]), makeData({ type, length: stored.length, nullCount: 0, children: [at] }) as never);
      const expected = rows.map(([millisecond]) => Number(seconds ? (millisecond / 1_000n) * 1_000n : millisecond));
      expect([...instantsOf(batch, 'at' as never)].map((instant) => instant + 0)).toEqual(expected.map((instant) => instant + 0));
    }),
  );
});
