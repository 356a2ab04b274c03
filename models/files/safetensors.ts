import { MillraceError } from '../../streams/index.ts';

/** A tensor in a file: row-major values. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** The free text fields of the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Header sizes beyond this are refused, as in the reference implementation. */
const LARGEST_HEADER = 100_000_000;
const METADATA = '__metadata__';

/**
 * Writes float32 tensors in the safetensors format: 8 bytes header length, JSON header, then the values.
 *
 * Source: github.com/huggingface/safetensors, "Format".
 *
 * @example
 * const bytes = writeSafetensors(new Map([['head.bias', { shape: [2], values: Float32Array.of(1, 2) }]]));
 */
export function writeSafetensors(tensors: ReadonlyMap<string, NamedTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { [METADATA]: metadata } : {};
  let end = 0;
  for (const [name, { shape, values }] of tensors) {
    const wanted = shape.reduce((product, size) => product * size, 1);
    if (name === METADATA || wanted !== values.length) {
      throw new MillraceError(
        'INVALID_OPTION',
        `tensor '${name}' of shape [${shape.join(', ')}] has ${values.length} values, not ${wanted}`,
      );
    }
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [end, end + values.length * 4] };
    end += values.length * 4;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const { values } of tensors.values()) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file of float32 tensors. Every size and offset is checked against the file before anything is allocated.
 *
 * @throws MillraceError FILE_UNREADABLE for bytes that are not such a file: truncated, overlapping, with gaps, of another type
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw unreadable('it is shorter than its header length');
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(LARGEST_HEADER, bytes.length - 8))) throw unreadable(`its header of ${length} bytes runs past its end`);
  const header = parseHeader(bytes.subarray(8, 8 + Number(length)));
  const data = 8 + Number(length);
  const entries = Object.entries(header).filter(([name]) => name !== METADATA);
  const places = entries
    .map(([name, entry]) => placeOf(name, entry, bytes.length - data))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const { name, start, end } of places) {
    if (start !== covered) throw unreadable(`tensor '${name}' begins at byte ${start}, but the one before ends at ${covered}`);
    covered = end;
  }
  if (covered !== bytes.length - data) throw unreadable(`its tensors end at byte ${covered} of ${bytes.length - data}`);
  const tensors = new Map<string, NamedTensor>();
  for (const { name, shape, start, end } of places) {
    const values = Float32Array.from({ length: (end - start) / 4 }, (_, i) => view.getFloat32(data + start + i * 4, true));
    tensors.set(name, { shape, values });
  }
  return { tensors, metadata: metadataOf(header[METADATA]) };
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable('its header is not JSON', cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw unreadable('its header is not an object');
  return header as Record<string, unknown>;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function placeOf(name: string, entry: unknown, available: number): Place {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (dtype !== 'F32') throw unreadable(`tensor '${name}' has type ${String(dtype)}, only F32 is read`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw unreadable(`tensor '${name}' has no proper shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw unreadable(`tensor '${name}' has no proper offsets`);
  const [start, end] = offsets as [number, number];
  const size = shape.reduce((product: number, axis: number) => product * axis, 4);
  if (start > end || end > available || end - start !== size) {
    throw unreadable(`tensor '${name}' of shape [${shape.join(', ')}] does not fit its bytes ${start} to ${end} of ${available}`);
  }
  return { name, shape: shape as number[], start, end };
}

function metadataOf(given: unknown): Record<string, string> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || !Object.values(given).every((value) => typeof value === 'string')) {
    throw unreadable('its metadata are not text fields');
  }
  return given as Record<string, string>;
}

function unreadable(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('FILE_UNREADABLE', `cannot read this safetensors file: ${reason}`, { ...(cause !== undefined && { cause }) });
}
