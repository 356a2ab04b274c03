import { ChunkPages, type Page, type ReadAt } from './chunk-pages.ts';
import { ColumnPart } from './column-part.ts';
import { ENCODING } from './encodings.ts';
import type { ColumnForm, FlatColumn } from './flat-column.ts';
import type { DecodedColumn } from './part-values.ts';
import type { Scratch } from './unpack-page.ts';

/** Reads one flat column of a row group forwards, any number of rows at a time. */
export class ColumnReader {
  readonly #form: ColumnForm;
  readonly #pages: ChunkPages;
  readonly #scratch: Scratch;
  /** Rows of the row group that no page has brought yet. */
  #rows: number;
  /** A page that reached beyond the rows asked for, and how many of its rows were given. */
  #rest: ColumnPart | undefined;
  #given = 0;
  /** Holds the dictionary between parts. */
  #last: ColumnPart;

  /** For a row group of `rows`, of which about `chunkRows` are read at a time. */
  constructor(read: ReadAt, { chunk, form }: FlatColumn, { rows, chunkRows }: { rows: number; chunkRows: number }, scratch: Scratch) {
    this.#form = form;
    this.#pages = new ChunkPages(read, chunk, { isOptional: form.isOptional, rows, share: chunkRows / rows }, scratch);
    this.#scratch = scratch;
    this.#rows = rows;
    this.#last = new ColumnPart(form.kind, 0);
  }

  /** The next `rows` rows; the caller asks for no more than there are. */
  read(rows: number): DecodedColumn {
    const part = this.#part(rows);
    this.#takeRest(part);
    while (part.length < rows) this.#readPage(part);
    return part.finish();
  }

  /** Passes over rows; pages of which none is wanted are not unpacked. */
  skip(rows: number): void {
    for (let left = rows; left > 0; ) {
      left -= this.#passRest(left);
      const passed = left === 0 ? 0 : this.#pages.pass(Math.min(left, this.#rows));
      this.#rows -= passed;
      left -= passed;
      if (left > 0 && passed === 0) this.#readPage(this.#part(0));
    }
  }

  #passRest(most: number): number {
    if (this.#rest === undefined) return 0;
    const count = Math.min(this.#rest.length - this.#given, most);
    this.#given += count;
    if (this.#given === this.#rest.length) this.#rest = undefined;
    return count;
  }

  #part(capacity: number): ColumnPart {
    const part = new ColumnPart(this.#form.kind, capacity);
    part.shareDictionary(this.#last);
    this.#last = part;
    return part;
  }

  #takeRest(part: ColumnPart): void {
    if (this.#rest === undefined) return;
    const count = Math.min(this.#rest.length - this.#given, part.capacity - part.length);
    part.copyFrom(this.#rest, this.#given, count);
    this.#given += count;
    if (this.#given === this.#rest.length) this.#rest = undefined;
  }

  #readPage(part: ColumnPart): void {
    const page = this.#pages.next();
    if (page.isDictionary) {
      if (page.encoding !== ENCODING.plain && page.encoding !== ENCODING.plainDictionary) throw new RangeError('a dictionary is not plain');
      part.setDictionary(page.data, page.values, this.#scratch);
      return;
    }
    if (page.values > this.#rows) throw new RangeError('a column has more rows than its row group');
    this.#rows -= page.values;
    if (page.values <= part.capacity - part.length) this.#decode(page, part);
    else {
      this.#last = part;
      this.#rest = this.#part(page.values);
      this.#given = 0;
      this.#decode(page, this.#rest);
      this.#takeRest(part);
    }
  }

  #decode({ levels, values, encoding, data }: Page, part: ColumnPart): void {
    const nulls = levels && this.#scratch.pages.nulls(levels, values, part.length & 7);
    part.addPage({ encoding, data, rows: values, nulls }, this.#scratch);
  }
}
