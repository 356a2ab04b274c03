import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLegacyMessages } from '../../../connectors/records/index.ts';

/** A message of magic 1 with key `k` and value `v`, as its layout has it. */
function message(): Uint8Array {
  const bytes = Buffer.alloc(36);
  bytes.writeBigInt64BE(42n, 0);
  bytes.writeInt32BE(24, 8);
  bytes[16] = 1;
  bytes.writeBigInt64BE(1_600_000_000_000n, 18);
  bytes.writeInt32BE(1, 26);
  bytes.write('k', 30);
  bytes.writeInt32BE(1, 31);
  bytes.write('v', 35);
  bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
  return new Uint8Array(bytes);
}

const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

test('reads offset, time, key and value', () => {
  const [read, ...more] = decodeLegacyMessages(message(), 0);
  expect(more).toEqual([]);
  expect(read).toMatchObject({ offset: 42, timestamp: 1_600_000_000_000 });
  expect([text(read?.key), text(read?.value)]).toEqual(['k', 'v']);
});

test('damaged bytes are refused cleanly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 35 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 18, max: 36 }),
      (at, change, length) => {
        const bytes = message().slice(0, length);
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ change;
        else fc.pre(length < 36);
        expect(() => decodeLegacyMessages(bytes, 0)).toThrow(expect.objectContaining({ code: 'DECODE_FAILED' }));
      },
    ),
    { numRuns: 500 },
  );
});
