import { BLOCK_PACKER_WASM } from './kernels.generated.ts';
import { wasmBytes } from './wasm-bytes.ts';

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
const PAGES = 4;

let packers: { readonly lz4: PackBlock; readonly snappy: PackBlock } | undefined;

/** The packers of this thread: LZ4 blocks and raw Snappy data. */
export function blockPackers(): { readonly lz4: PackBlock; readonly snappy: PackBlock } {
  if (packers !== undefined) return packers;
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmBytes(BLOCK_PACKER_WASM)), { env: { memory } });
  const { packLz4, packSnappy } = exports as unknown as { readonly packLz4: PackFunction; readonly packSnappy: PackFunction };
  const all = new Uint8Array(memory.buffer);
  const packer =
    (pack: PackFunction): PackBlock =>
    (bytes) => {
      all.set(bytes, BLOCK);
      return all.subarray(PACKED, PACKED + pack(BLOCK, bytes.length, PACKED, TABLE));
    };
  packers = { lz4: packer(packLz4), snappy: packer(packSnappy) };
  return packers;
}
