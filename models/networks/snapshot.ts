import { crc32c } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';

// Layout, little-endian: magic, format version, seed (f64), steps (f64), skipped (f64), signature length, signature (UTF-8, zero-padded to 4),
// number of arrays, then each array's parameters as canonical float32, then the CRC-32C of all before it.

const MAGIC = 0x4e_52_4c_4d;
const VERSION = 1;
const HEADER = 36;

/** State of a network: one array for the parameters and one for each optimizer slot, each a list of tensors. */
export interface NetworkState {
  readonly signature: string;
  readonly seed: number;
  readonly steps: number;
  readonly skipped: number;
  readonly arrays: readonly (readonly Float32Array[])[];
}

/** What a snapshot must fit. */
export interface SnapshotExpectation {
  readonly signature: string;
  readonly seed: number;
  /** Floats of each tensor. */
  readonly sizes: readonly number[];
  readonly arrays: number;
}

const padded = (length: number): number => (length + 3) & ~3;

export function writeSnapshot(state: NetworkState): Uint8Array {
  const signature = new TextEncoder().encode(state.signature);
  const floats = state.arrays.reduce((sum, tensors) => sum + tensors.reduce((count, values) => count + values.length, 0), 0);
  const bytes = new Uint8Array(HEADER + padded(signature.length) + 4 + floats * 4 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setFloat64(8, state.seed, true);
  view.setFloat64(16, state.steps, true);
  view.setFloat64(24, state.skipped, true);
  view.setUint32(32, signature.length, true);
  bytes.set(signature, HEADER);
  let at = HEADER + padded(signature.length);
  view.setUint32(at, state.arrays.length, true);
  at += 4;
  for (const values of state.arrays.flat()) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  view.setUint32(at, crc32c(bytes.subarray(0, at)), true);
  return bytes;
}

export function readSnapshot(bytes: Uint8Array, expected: SnapshotExpectation): NetworkState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER + 8 || view.getUint32(0, true) !== MAGIC) throw damaged('it is not a network snapshot');
  if (view.getUint32(bytes.length - 4, true) !== crc32c(bytes.subarray(0, bytes.length - 4))) throw damaged('its checksum does not match');
  if (view.getUint32(4, true) !== VERSION) throw incompatible(`it has format ${view.getUint32(4, true)}, this version reads ${VERSION}`);
  const seed = view.getFloat64(8, true);
  const length = view.getUint32(32, true);
  if (length > bytes.length - HEADER - 8) throw damaged('its signature runs past its end');
  const signature = new TextDecoder().decode(bytes.subarray(HEADER, HEADER + length));
  if (signature !== expected.signature) throw incompatible(`it is of ${signature}, the network is ${expected.signature}`);
  if (seed !== expected.seed) throw incompatible(`its seed is ${seed}, the network's ${expected.seed}`);
  const start = HEADER + padded(length);
  const floats = expected.sizes.reduce((sum, size) => sum + size, 0) * expected.arrays;
  if (view.getUint32(start, true) !== expected.arrays || bytes.length !== start + 8 + floats * 4)
    throw damaged('its length does not fit its signature');
  const arrays = readArrays(view, start + 4, expected);
  return { signature, seed, steps: view.getFloat64(16, true), skipped: view.getFloat64(24, true), arrays };
}

function readArrays(view: DataView, start: number, expected: SnapshotExpectation): Float32Array[][] {
  let at = start;
  return Array.from({ length: expected.arrays }, () =>
    expected.sizes.map((size) => {
      const values = Float32Array.from({ length: size }, (_, i) => view.getFloat32(at + i * 4, true));
      at += size * 4;
      return values;
    }),
  );
}

function damaged(reason: string): MillraceError {
  return new MillraceError('STORE_DAMAGED', `cannot restore this network snapshot: ${reason}`);
}

function incompatible(reason: string): MillraceError {
  return new MillraceError('STATE_INCOMPATIBLE', `cannot restore this network snapshot: ${reason}`);
}
