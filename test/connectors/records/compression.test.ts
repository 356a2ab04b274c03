import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codecNumber, compress } from '../../../connectors/records/compression.ts';
import { type Compression, decompress } from '../../../connectors/records/index.ts';

const NAMES: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd'];
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** Bytes that repeat near and far, with stretches that do not. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(30), fc.nat(300)), { maxLength: 20 })
  .map((parts) => Buffer.concat(parts.flatMap(([part, times, zeros]) => [...Array(times).fill(part), Buffer.alloc(zeros)])))
  .map((buffer) => new Uint8Array(buffer));

describe.each(NAMES)('%s', (name) => {
  test('gives back what was packed', () => {
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        expect(Buffer.from(decompress(codecNumber(name), compress(name, bytes), 0)).equals(bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('crosses block borders', () => {
    const text = Array.from({ length: 40_000 }, (_, index) => `{"sensor":"s${index % 500}","value":${(index * 7919) % 100_003}}`).join('');
    const bytes = new TextEncoder().encode(text);
    const packed = compress(name, bytes);
    expect(packed.length).toBeLessThan(bytes.length / 2);
    expect(Buffer.from(decompress(codecNumber(name), packed, 0)).equals(bytes)).toBe(true);
  });

  test('damaged data are a value or a clean error', () => {
    const packed = compress(name, new TextEncoder().encode('abcabcabcabcabcabc the quick brown fox the quick brown fox'.repeat(9)));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.nat(packed.length),
        (edits, cut) => {
          const broken = packed.slice(0, cut === 0 ? packed.length : cut);
          for (const [at, value] of edits) if (at < broken.length) broken[at] = value;
          try {
            expect(decompress(codecNumber(name), broken, 0).length).toBeLessThan(10_000_000);
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'DECODE_FAILED' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('bytes that nobody packed', () => {
  test('an unknown codec is named', () => {
    expect(() => decompress(5, hex('00'), 0)).toThrow(/codec 5 is unknown/);
  });

  test('a Snappy length that cannot be is refused before memory is taken', () => {
    expect(() => decompress(2, hex('ffffffff0f00'), 0)).toThrow(/claim/);
  });

  test('an LZ4 copy from before the beginning is refused', () => {
    expect(() => decompress(3, hex('04224d186040820500000010610900ff00000000'), 0)).toThrow(/before their beginning|end early/);
  });
});
