import { parseInstant, parseNumber } from '../values/index.ts';

/** Types that can be inferred, by the names of their makers in `columnar`. */
export type InferredType = 'float64' | 'int32' | 'int64' | 'boolean' | 'timestamp' | 'category' | 'utf8';

/** Strings that repeat at least this often on average are categories. */
const REPEATS = 4;
const MOST_DISTINCT = 1000;
/** Numbers that stand for instants in ms since 1970 lie between 2001 and 2100, under a name that says so. */
const FIRST_EPOCH = 978_307_200_000;
const LAST_EPOCH = 4_102_444_800_000;
const TIME_NAME = /(^|[_.-])(at|ts|time|timestamp|date|when)$|(At|Time|Timestamp|Date)$/;

const encoder = new TextEncoder();

/** What was seen of one column. */
export class ColumnProfile {
  readonly name: string;
  #values = 0;
  #numbers = 0;
  #integers = 0;
  #small = 0;
  #instants = 0;
  #epochs = 0;
  #booleans = 0;
  readonly #distinct = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  /** How many rows had a value. */
  get values(): number {
    return this.#values;
  }

  /** A value as text, of unknown type: a CSV field, say. */
  text(text: string): void {
    const bytes = encoder.encode(text);
    if (/^(true|false)$/i.test(text)) this.boolean();
    else if (Number.isNaN(parseNumber(bytes, 0, bytes.length))) this.string(text);
    else this.number(text);
  }

  number(text: string): void {
    this.#values++;
    this.#numbers++;
    const value = Number(text);
    if (!/^-?\d+$/.test(text)) return;
    this.#integers++;
    if (value === (value | 0)) this.#small++;
    if (value >= FIRST_EPOCH && value <= LAST_EPOCH) this.#epochs++;
  }

  string(text: string): void {
    this.#values++;
    const bytes = encoder.encode(text);
    if (!Number.isNaN(parseInstant(bytes, 0, bytes.length))) this.#instants++;
    if (this.#distinct.size <= MOST_DISTINCT) this.#distinct.add(text);
  }

  boolean(): void {
    this.#values++;
    this.#booleans++;
  }

  /** The narrowest type that holds all values seen. */
  type(): InferredType {
    const all = this.#values;
    if (all === 0) return 'utf8';
    if (this.#booleans === all) return 'boolean';
    if (this.#instants === all) return 'timestamp';
    if (this.#epochs === all && TIME_NAME.test(this.name)) return 'timestamp';
    if (this.#integers === all) return this.#small === all ? 'int32' : 'int64';
    if (this.#numbers === all) return 'float64';
    return this.#distinct.size <= MOST_DISTINCT && all >= this.#distinct.size * REPEATS ? 'category' : 'utf8';
  }
}
