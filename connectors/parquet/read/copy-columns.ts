import type { ByteRange, BytesBlock, ColumnLayout } from './column-block.ts';

/** Buffers start at multiples of this, as typed arrays need. */
const ALIGNMENT = 8;

/** Bytes per value by the letter or word of the format; bits and other layouts are not here. */
const WIDTHS: Readonly<Record<string, number>> = {
  ...{ c: 1, C: 1, s: 2, S: 2, e: 2, i: 4, I: 4, f: 4, l: 8, L: 8, g: 8 },
  ...{ tdD: 4, tdm: 8, tts: 4, ttm: 4, ttu: 8, ttn: 8, tDs: 8, tDm: 8, tDu: 8, tDn: 8 },
};

/**
 * Copies a record batch out of WASM memory, buffer by buffer: half the work of an IPC stream, which is written and then copied. Returns undefined for
 * layouts that it does not know (views, unions, slices): those go by IPC.
 *
 * `array` and `schema` are addresses of the structs of the Arrow C data interface, with pointers of 32 bits:
 * ArrowArray  { i64 length, null_count, offset, n_buffers, n_children; ptr buffers, children, dictionary, ... }
 * ArrowSchema { ptr format, name, metadata; i64 flags, n_children; ptr children, dictionary, ... }
 * Source: https://arrow.apache.org/docs/format/CDataInterface.html
 */
export function copyColumns(memory: ArrayBuffer, array: number, schema: number): BytesBlock | undefined {
  const copier = new ColumnCopier(memory);
  const layout = copier.children(array, schema);
  return layout === undefined ? undefined : { bytes: copier.bytes(), layout };
}

class ColumnCopier {
  readonly #view: DataView;
  /** Address, start in the block, length. */
  readonly #pieces: [number, number, number][] = [];
  #end = 0;

  constructor(memory: ArrayBuffer) {
    this.#view = new DataView(memory);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#end);
    for (const [address, start, length] of this.#pieces) bytes.set(new Uint8Array(this.#view.buffer, address, length), start);
    return bytes;
  }

  children(array: number, schema: number): ColumnLayout[] | undefined {
    const columns: ColumnLayout[] = [];
    for (let child = 0; child < this.#long(array + 32); child++) {
      const column = this.#column(
        this.#pointer(this.#pointer(array + 44) + 4 * child),
        this.#pointer(this.#pointer(schema + 32) + 4 * child),
      );
      if (column === undefined) return undefined;
      columns.push(column);
    }
    return columns;
  }

  #column(array: number, schema: number): ColumnLayout | undefined {
    const length = this.#long(array);
    const format = this.#text(this.#pointer(schema));
    const buffers = this.#buffers(array, format, length);
    const children = this.children(array, schema);
    const dictionary = this.#pointer(schema + 36) === 0 ? undefined : this.#column(this.#pointer(array + 48), this.#pointer(schema + 36));
    const isIncomplete = this.#pointer(schema + 36) !== 0 && dictionary === undefined;
    if (this.#long(array + 16) !== 0 || buffers === undefined || children === undefined || isIncomplete) return undefined;
    return { length, nullCount: this.#long(array + 8), ...buffers, children, dictionary };
  }

  #buffers(array: number, format: string, length: number): Pick<ColumnLayout, 'validity' | 'offsets' | 'values'> | undefined {
    const address = (buffer: number) => this.#pointer(this.#pointer(array + 40) + 4 * buffer);
    const none = { validity: undefined, offsets: undefined, values: undefined };
    if (format === 'n') return none;
    const validity = () => this.#piece(address(0), Math.ceil(length / 8));
    const width = WIDTHS[format] ?? widthOf(format);
    if (width !== undefined) return { ...none, validity: validity(), values: this.#piece(address(1), length * width) };
    if (format === 'b') return { ...none, validity: validity(), values: this.#piece(address(1), Math.ceil(length / 8)) };
    if (format === '+s' || format.startsWith('+w:')) return { ...none, validity: validity() };
    const offsetWidth = ['u', 'z', '+l', '+m'].includes(format) ? 4 : ['U', 'Z', '+L'].includes(format) ? 8 : undefined;
    if (offsetWidth === undefined) return undefined;
    const offsets = this.#piece(address(1), (length + 1) * offsetWidth);
    if (format.startsWith('+')) return { ...none, validity: validity(), offsets };
    const last = address(1) + length * offsetWidth;
    const bytes = address(1) === 0 ? 0 : offsetWidth === 4 ? this.#view.getInt32(last, true) : this.#long(last);
    return { validity: validity(), offsets, values: this.#piece(address(2), bytes) };
  }

  #piece(address: number, length: number): ByteRange | undefined {
    if (address === 0) return undefined;
    const start = this.#end;
    this.#pieces.push([address, start, length]);
    this.#end += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    return [start, length];
  }

  #pointer(address: number): number {
    return this.#view.getUint32(address, true);
  }

  #long(address: number): number {
    return Number(this.#view.getBigInt64(address, true));
  }

  #text(address: number): string {
    let text = '';
    for (let at = address; this.#view.getUint8(at) !== 0; at++) text += String.fromCharCode(this.#view.getUint8(at));
    return text;
  }
}

/** Widths of formats with parameters: timestamps with zones, fixed-size binary, decimals (`d:precision,scale,bits`). */
function widthOf(format: string): number | undefined {
  if (format.startsWith('ts')) return 8;
  if (format.startsWith('w:')) return Number(format.slice(2));
  if (!format.startsWith('d:')) return undefined;
  const bits = format.slice(2).split(',')[2];
  return bits === undefined ? 16 : Number(bits) / 8;
}
