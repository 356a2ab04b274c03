import { crc32c } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { type Shape, shapeSize } from './shape.ts';

// Layout, little-endian: magic, format version, seed (f64), steps (f64), skipped (f64), signature length, signature (UTF-8, zero-padded to 4),
// length and text of the names and shapes of all parameters (JSON, zero-padded to 4; not in version 1), number of arrays, then each array's
// parameters as canonical float32, then the CRC-32C of all before it.

const MAGIC = 0x4e_52_4c_4d;
const VERSION = 2;
const HEADER = 36;

/** Name and shape of a parameter. */
export type TensorPlace = readonly [name: string, shape: Shape];

/** State of a network: one array for the parameters and one for each optimizer slot, each a list of tensors. */
export interface NetworkState {
  readonly signature: string;
  readonly seed: number;
  readonly steps: number;
  readonly skipped: number;
  readonly tensors: readonly TensorPlace[];
  readonly arrays: readonly (readonly Float32Array[])[];
}

/** What a snapshot must fit. */
export interface SnapshotExpectation {
  readonly signature: string;
  readonly seed: number;
  readonly tensors: readonly TensorPlace[];
  readonly arrays: number;
}

const padded = (length: number): number => (length + 3) & ~3;

export function writeSnapshot(state: NetworkState): Uint8Array {
  const encoder = new TextEncoder();
  const texts = [encoder.encode(state.signature), encoder.encode(JSON.stringify(state.tensors))];
  const textBytes = texts.reduce((sum, text) => sum + 4 + padded(text.length), 0);
  const floats = state.arrays.reduce((sum, tensors) => sum + tensors.reduce((count, values) => count + values.length, 0), 0);
  const bytes = new Uint8Array(HEADER - 4 + textBytes + 4 + floats * 4 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setFloat64(8, state.seed, true);
  view.setFloat64(16, state.steps, true);
  view.setFloat64(24, state.skipped, true);
  let at = HEADER - 4;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + padded(text.length);
  }
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

/** What stands before the numbers. */
interface SnapshotHead extends Omit<NetworkState, 'arrays' | 'tensors'> {
  readonly view: DataView;
  /** Undefined in version 1, which did not tell. */
  readonly tensors: readonly TensorPlace[] | undefined;
  readonly arrays: number;
  /** Where the first array begins. */
  readonly start: number;
}

/** State of exactly the network that is expected. */
export function readSnapshot(bytes: Uint8Array, expected: SnapshotExpectation): NetworkState {
  const { view, arrays, start, ...head } = readHead(bytes);
  if (head.signature !== expected.signature) throw incompatible(`it is of ${head.signature}, the network is ${expected.signature}`);
  if (head.seed !== expected.seed) throw incompatible(`its seed is ${head.seed}, the network's ${expected.seed}`);
  const { tensors } = expected;
  if (arrays !== expected.arrays || bytes.length !== start + 4 + floatsOf(tensors) * arrays * 4)
    throw damaged('its length does not fit its signature');
  return { ...head, tensors, arrays: readArrays(view, start, tensors, arrays) };
}

/**
 * State of any network, with the names and shapes of its parameters.
 *
 * @throws MillraceError STATE_INCOMPATIBLE for version 1, which did not tell them; STORE_DAMAGED
 */
export function readForeignSnapshot(bytes: Uint8Array): NetworkState {
  const { view, arrays, start, tensors, ...head } = readHead(bytes);
  if (tensors === undefined) {
    throw new MillraceError('STATE_INCOMPATIBLE', 'cannot take a part of this network snapshot: version 1 does not tell its layers', {
      hint: 'run the pipeline as it was once with this version of Millrace, and take the savepoint then',
    });
  }
  if (bytes.length !== start + 4 + floatsOf(tensors) * arrays * 4) throw damaged('its length does not fit its parameters');
  return { ...head, tensors, arrays: readArrays(view, start, tensors, arrays) };
}

function readHead(bytes: Uint8Array): SnapshotHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER + 8 || view.getUint32(0, true) !== MAGIC) throw damaged('it is not a network snapshot');
  if (view.getUint32(bytes.length - 4, true) !== crc32c(bytes.subarray(0, bytes.length - 4))) throw damaged('its checksum does not match');
  const version = view.getUint32(4, true);
  if (version < 1 || version > VERSION) throw incompatible(`it has format ${version}, this version reads up to ${VERSION}`);
  const [signature, behind] = readText(bytes, view, HEADER - 4, 'signature');
  const [names, end] = version === 1 ? [undefined, behind] : readText(bytes, view, behind, 'list of parameters');
  return {
    view,
    signature,
    seed: view.getFloat64(8, true),
    steps: view.getFloat64(16, true),
    skipped: view.getFloat64(24, true),
    tensors: names === undefined ? undefined : (JSON.parse(names) as TensorPlace[]),
    arrays: view.getUint32(end, true),
    start: end + 4,
  };
}

function readText(bytes: Uint8Array, view: DataView, at: number, what: string): readonly [text: string, end: number] {
  const length = view.getUint32(at, true);
  if (length > bytes.length - at - 12) throw damaged(`its ${what} runs past its end`);
  return [new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + length)), at + 4 + padded(length)];
}

const floatsOf = (tensors: readonly TensorPlace[]) => tensors.reduce((sum, [, shape]) => sum + shapeSize(shape), 0);

function readArrays(view: DataView, start: number, tensors: readonly TensorPlace[], arrays: number): Float32Array[][] {
  let at = start;
  return Array.from({ length: arrays }, () =>
    tensors.map(([, shape]) => {
      const values = Float32Array.from({ length: shapeSize(shape) }, (_, i) => view.getFloat32(at + i * 4, true));
      at += values.length * 4;
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
