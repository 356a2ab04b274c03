import { MillraceError } from './millrace-error.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

type NumberArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/**
 * Writes a step's state as canonical bytes: the same rows give the same bytes on every machine (little-endian, lengths before contents).
 * NaN payloads are canonical because JavaScript's own NaN is written.
 */
export class StateWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #reserve(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = at + size;
    return at;
  }

  number(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, Number.isNaN(value) ? Number.NaN : value, true);
    return this;
  }

  boolean(value: boolean): this {
    return this.number(value ? 1 : 0);
  }

  bytes(value: Uint8Array): this {
    this.number(value.length);
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  string(value: string): this {
    return this.bytes(encoder.encode(value));
  }

  strings(values: readonly string[]): this {
    this.number(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  /** The first `length` values of a typed array, in little-endian order. */
  numbers(values: NumberArray, length = values.length): this {
    const part = values.subarray(0, length);
    return this.bytes(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }

  /** Bytes that a reader may pass over. */
  section(write: (out: this) => void): this {
    const at = this.#reserve(8);
    write(this);
    this.#view.setFloat64(at, this.#length - at - 8, true);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads what {@link StateWriter} wrote. Damaged bytes give STATE_INCOMPATIBLE, never an over-read or a huge allocation. */
export class StateReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(size: number): number {
    if (!Number.isInteger(size) || size < 0 || this.#at + size > this.#bytes.length) {
      throw new MillraceError(
        'STATE_INCOMPATIBLE',
        `state ends after ${this.#bytes.length} bytes where ${size} more were expected at ${this.#at}`,
      );
    }
    const at = this.#at;
    this.#at += size;
    return at;
  }

  number(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  boolean(): boolean {
    return this.number() !== 0;
  }

  /** A copy, so that state never aliases a snapshot. */
  bytes(): Uint8Array {
    const length = this.number();
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  /** A reader of what {@link StateWriter.section} wrote. */
  section(): StateReader {
    const length = this.number();
    const at = this.#take(length);
    return new StateReader(this.#bytes.subarray(at, at + length));
  }

  string(): string {
    return decoder.decode(this.bytes());
  }

  strings(): string[] {
    const length = this.number();
    const values: string[] = [];
    for (let i = 0; i < length; i++) values.push(this.string());
    return values;
  }

  float64s(): Float64Array {
    return new Float64Array(this.#aligned(8));
  }

  float32s(): Float32Array {
    return new Float32Array(this.#aligned(4));
  }

  int32s(): Int32Array {
    return new Int32Array(this.#aligned(4));
  }

  uint32s(): Uint32Array {
    return new Uint32Array(this.#aligned(4));
  }

  #aligned(size: number): ArrayBuffer {
    const bytes = this.bytes();
    if (bytes.length % size !== 0)
      throw new MillraceError('STATE_INCOMPATIBLE', `${bytes.length} bytes of state are no multiple of ${size}`);
    return bytes.buffer as ArrayBuffer;
  }

  /** Throws unless everything was read: left-over bytes mean another layout. */
  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new MillraceError('STATE_INCOMPATIBLE', `${this.#bytes.length - this.#at} bytes of state were left over`);
    }
  }
}
