import { createEncodeFunctions, ENCODE_START, type EncodeFunctions, growMemory } from '../../../kernels/index.ts';

/** Kernels may read and write this much beyond a region. */
const SPARE = 64;
const SNAPPY_TABLE = 32_768;

/**
 * What the encoder keeps in the kernels' memory: `state` of minimum and maximum; the `table` of Snappy; of a page the `validity`, the `input` as it was given (words, offsets, codes), its
 * `texts`, the `present` values, their `codes`, its `body` and the `packed` body; of a dictionary its `header`, `slots`, `entries` and `bytes`; and of the dictionary whose codes are given, the
 * `givenOffsets`, `givenBytes` and the `map` to our codes.
 */
const REGIONS = [
  'state',
  'table',
  'validity',
  'input',
  'texts',
  'present',
  'codes',
  'body',
  'packed',
  'header',
  'slots',
  'entries',
  'bytes',
  'givenOffsets',
  'givenBytes',
  'map',
] as const;

export type Region = (typeof REGIONS)[number];
export type Needs = Partial<Record<Region, number>>;

/** Memory of the encoding kernels. What lies in it is lost when a column chunk needs more than those before. */
export class EncodeMemory {
  readonly functions: EncodeFunctions;
  readonly #memory: WebAssembly.Memory;
  readonly #sizes: Record<Region, number>;
  readonly #starts: Record<Region, number>;

  constructor() {
    const { functions, memory } = createEncodeFunctions();
    this.functions = functions;
    this.#memory = memory;
    const none = () => Object.fromEntries(REGIONS.map((region) => [region, 0])) as Record<Region, number>;
    this.#sizes = none();
    this.#starts = none();
    this.prepare({ state: 16, table: SNAPPY_TABLE, header: 32 });
  }

  /** Makes room, bytes by region. */
  prepare(needs: Needs): void {
    const wanting = REGIONS.filter((region) => (needs[region] ?? 0) > this.#sizes[region]);
    if (wanting.length === 0) return;
    for (const region of wanting) this.#sizes[region] = Math.ceil((needs[region] as number) * 1.125);
    let end = ENCODE_START;
    for (const region of REGIONS) {
      this.#starts[region] = end;
      end = Math.ceil((end + this.#sizes[region] + SPARE) / 16) * 16;
    }
    growMemory(this.#memory, end);
  }

  /** Where a region begins. */
  at(region: Region): number {
    return this.#starts[region];
  }

  /** Bytes of the memory; they hold until the next `prepare`. */
  bytes(start: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start, length);
  }

  view(region: Region, length: number): DataView {
    return new DataView(this.#memory.buffer, this.at(region), length);
  }

  /** Copies bytes to the beginning of a region, and returns where that is. */
  load(region: Region, bytes: Uint8Array): number {
    new Uint8Array(this.#memory.buffer, this.at(region), bytes.length).set(bytes);
    return this.at(region);
  }
}
