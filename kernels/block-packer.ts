import { instantiate } from './instantiate.ts';
import { BLOCK_PACKER_WASM } from './kernels.generated.ts';

/** Packs `length` bytes at `start` into `out`; returns how many they became. */
type PackFunction = (start: number, length: number, out: number, table: number) => number;

/** Packs one block of at most {@link MOST_BLOCK_BYTES}. What it returns is good until the next call. */
export type PackBlock = (bytes: Uint8Array) => Uint8Array;

/** Positions in a block fit 16 bits. */
export const MOST_BLOCK_BYTES = 65_535;

/** Behind it, each with room to spare: the table, the block, and what it becomes, which is at most 7/6 of it. */
const TABLE = 1024;
const BLOCK = TABLE + 32 * 1024;
const PACKED = BLOCK + 65_536 + 64;
const BYTES = 4 * 65_536;

let packers: { readonly lz4: PackBlock; readonly snappy: PackBlock } | undefined;

/** The packers of this thread: LZ4 blocks and raw Snappy data. */
export function blockPackers(): { readonly lz4: PackBlock; readonly snappy: PackBlock } {
  if (packers !== undefined) return packers;
  const { functions, memory } = instantiate<{ readonly packLz4: PackFunction; readonly packSnappy: PackFunction }>(
    BLOCK_PACKER_WASM,
    BYTES,
  );
  const all = new Uint8Array(memory.buffer);
  const packer =
    (pack: PackFunction): PackBlock =>
    (bytes) => {
      all.set(bytes, BLOCK);
      return all.subarray(PACKED, PACKED + pack(BLOCK, bytes.length, PACKED, TABLE));
    };
  packers = { lz4: packer(functions.packLz4), snappy: packer(functions.packSnappy) };
  return packers;
}
