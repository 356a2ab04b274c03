import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../kernels/index.ts';

/** Bit by bit, straight from the polynomial. */
function oracle(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('the vectors of RFC 3720, appendix B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('equals the bitwise form for any bytes, whole or in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(2000), fc.nat(2000), (some, length, cut) => {
      const bytes = Uint8Array.from({ length }, (_, at) => (some[at % (some.length || 1)] ?? 0) + at * 31);
      expect(crc32c(bytes)).toBe(oracle(bytes));
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(oracle(bytes));
    }),
  );
});

test('of more bytes than are summed at a time', () => {
  const bytes = Uint8Array.from({ length: 600_001 }, (_, at) => (at * 7919) >> 3);
  expect(crc32c(bytes)).toBe(oracle(bytes));
});
