/** Constructors of the arrays that columns and orders of rows lie in. */
type ArrayConstructor<A> = { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer, offset: number, length: number): A };

interface UnsafeBuffer {
  allocUnsafeSlow(bytes: number): { readonly buffer: ArrayBuffer };
}

const { Buffer: unsafe } = globalThis as { Buffer?: UnsafeBuffer };

/** Below so many bytes the engine's own arrays cost less. */
const FEW_BYTES = 512;

/** Memory whose bytes may be anything: where the engine has a way to it, clearing is saved, which costs as much as filling it. */
const freshMemory = (bytes: number): ArrayBuffer =>
  unsafe === undefined || bytes < FEW_BYTES ? new ArrayBuffer(bytes) : unsafe.allocUnsafeSlow(bytes).buffer;

/** An array that the caller fills in full: what stands in it before is not defined. */
export function freshArray<A>(Kind: ArrayConstructor<A>, length: number): A {
  return new Kind(freshMemory(length * Kind.BYTES_PER_ELEMENT), 0, length);
}

/** The arrays of one batch: of a lot of memory that is had at once, since each request has its price. They live as long as the longest living of them, as a batch's columns do. */
export class BatchMemory {
  readonly #chunkBytes: number;
  #chunk = new ArrayBuffer(0);
  #used = 0;

  /** @param rows of the arrays to come, about `ARRAYS` of them per chunk */
  constructor(rows: number) {
    this.#chunkBytes = rows * 8 * ARRAYS;
  }

  /** As {@link freshArray}. */
  array<A>(Kind: ArrayConstructor<A>, length: number): A {
    const bytes = length * Kind.BYTES_PER_ELEMENT;
    let at = Math.ceil(this.#used / 8) * 8;
    if (at + bytes > this.#chunk.byteLength) {
      this.#chunk = freshMemory(Math.max(bytes, this.#chunkBytes));
      at = 0;
    }
    this.#used = at + bytes;
    return new Kind(this.#chunk, at, length);
  }
}

/** Arrays of 64 bits a row in a chunk. */
const ARRAYS = 8;
