import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageMemory } from '../../../../connectors/parquet/decode/page-memory.ts';
import { Scratch, unpackPage } from '../../../../connectors/parquet/decode/unpack-page.ts';
import { ZstdPages } from '../../../../connectors/parquet/decode/zstd-pages.ts';
import { pageProgram } from '../../../../kernels/index.ts';

const ROOM = 64;
const pages = new ZstdPages();

/** Unpacked; undefined when refused. */
function unpacked(packed: Uint8Array, length: number): Uint8Array | undefined {
  const into = new Uint8Array(length + ROOM);
  return pages.unpack(packed, length, into) ? into.subarray(0, length) : undefined;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }),
  fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 3_000 }))
    .map(([part, times]) => Buffer.alloc(part.length * times, part)),
);

test('pages of any bytes, one after another in the same memory', () => {
  fc.assert(
    fc.property(bytes, (page) => {
      expect(Buffer.from(unpacked(zstdCompressSync(page), page.length) ?? 'refused').equals(page)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('another length than the page has is refused, and the next page is not the worse for it', () => {
  const page = Buffer.from('a page of some bytes, some of them again, some of them again');
  const packed = zstdCompressSync(page);
  for (const length of [0, 1, page.length - 1, page.length + 1, page.length + ROOM]) expect(unpacked(packed, length)).toBeUndefined();
  for (let cut = 0; cut < packed.length - 4; cut++) expect(unpacked(packed.subarray(0, cut), page.length)).toBeUndefined();
  expect(unpacked(Buffer.concat([packed, packed]), page.length)).toBeUndefined();
  expect(Buffer.from(unpacked(packed, page.length) as Uint8Array)).toEqual(page);
});

test('changed bytes are refused, or are a page of that length', () => {
  const page = Buffer.alloc(2_000, 'values that repeat, and some that do not: 8471');
  const packed = zstdCompressSync(page);
  let refused = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: packed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const changed = Buffer.from(packed);
      changed[at] = (changed[at] as number) ^ bits;
      if (unpacked(changed, page.length) === undefined) refused++;
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(50);
  expect(Buffer.from(unpacked(packed, page.length) as Uint8Array)).toEqual(page);
});

test('what is refused gets its reason from the library', () => {
  const scratch = new Scratch(new PageMemory(pageProgram()));
  const packed = zstdCompressSync(Buffer.from('whole'));
  scratch.pages.prepare({ entries: 100, bytes: 100, values: 10 });
  expect(Buffer.from(unpackPage(6, packed, 5, scratch)).toString()).toBe('whole');
  expect(Buffer.from(unpackPage(6, packed, 5, scratch, true)).toString()).toBe('whole');
  expect(() => unpackPage(6, packed, 6, scratch)).toThrow('a page has 5 bytes, and its header says 6');
  expect(() => unpackPage(6, packed, 4, scratch)).toThrow('cannot be unpacked');
  expect(() => unpackPage(6, Buffer.from('no zstd data'), 5, scratch)).toThrow('cannot be unpacked');
});
