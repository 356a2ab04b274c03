import type { Data } from 'apache-arrow';

/** Validity bitmap of a column, one bit per row, least significant first (Arrow columnar format); absent when no row is null. */
export class Validity {
  readonly bitmap: Uint8Array | undefined;
  readonly offset: number;

  constructor(bitmap: Uint8Array | undefined, offset = 0) {
    this.bitmap = bitmap;
    this.offset = offset;
  }

  static of(data: Data): Validity {
    return data.nullCount > 0 && data.nullBitmap.byteLength > 0 ? new Validity(data.nullBitmap, data.offset) : NO_NULLS;
  }

  /** True when no row can be null: loops may skip the per-row check. */
  get complete(): boolean {
    return this.bitmap === undefined;
  }

  isValid(row: number): boolean {
    if (this.bitmap === undefined) return true;
    const bit = row + this.offset;
    return ((this.bitmap[bit >> 3] as number) & (1 << (bit & 7))) !== 0;
  }
}

const NO_NULLS = new Validity(undefined);

/** Collects which rows of a new column are valid. A bitmap is made only when a row is null. */
export class ValidityBuilder {
  readonly length: number;
  nullCount = 0;
  #bitmap: Uint8Array | undefined;

  constructor(length: number) {
    this.length = length;
  }

  /** Marks row `row` as null; a row may be marked once. */
  setNull(row: number): void {
    this.#bitmap ??= new Uint8Array(Math.ceil(this.length / 64) * 8).fill(0xff);
    this.#bitmap[row >> 3] = (this.#bitmap[row >> 3] as number) & ~(1 << (row & 7));
    this.nullCount++;
  }

  /** The bitmap, or undefined when every row is valid. */
  finish(): Uint8Array | undefined {
    return this.#bitmap;
  }
}
