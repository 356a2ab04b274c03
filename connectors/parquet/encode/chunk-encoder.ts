import { BitValues } from './bit-values.ts';
import type { ChunkSetting, ChunkValues, ValueRange } from './chunk-values.ts';
import { CodeValues } from './code-values.ts';
import { EncodeMemory } from './encode-memory.ts';
import type { ColumnPlan, PackedColumn, ValueLayout } from './packed-rows.ts';
import { longestPage, type PageLimits, pageEnds } from './page-cuts.ts';
import { type Append, type Codec, PageOutput, packedBound, type WrittenChunk } from './page-output.ts';
import { TextValues } from './text-values.ts';
import { WordValues } from './word-values.ts';

/** A column chunk that was written, and what its statistics say. */
export interface EncodedChunk extends WrittenChunk {
  readonly nullCount: number;
  readonly range: ValueRange | undefined;
}

const VALUES: Readonly<Record<ValueLayout, new (setting: ChunkSetting) => ChunkValues>> = {
  bits: BitValues,
  words4: WordValues,
  words8: WordValues,
  text: TextValues,
  codes: CodeValues,
};

/** Encodes column chunks, one after the other in the same memory. */
export class ChunkEncoder {
  readonly #memory = new EncodeMemory();
  readonly #limits: PageLimits;

  constructor(limits: PageLimits) {
    this.#limits = limits;
  }

  encode(plan: ColumnPlan, column: PackedColumn, rows: number, codec: Codec, append: Append): EncodedChunk {
    if (!plan.isOptional && column.nullCount > 0)
      throw new RangeError(`column '${plan.name}' is required, but ${column.nullCount} of its values are null`);
    const memory = this.#memory;
    const ends = pageEnds(column, rows, this.#limits);
    const longest = longestPage(column, ends);
    const body = 32 + Math.ceil(longest.rows / 8) + longest.rows * 8 + longest.textBytes;
    memory.prepare({ validity: Math.ceil(longest.rows / 8) + 1, body, packed: packedBound(body) });
    const values = new VALUES[plan.layout]({ memory, plan, column, rows, longest, limits: this.#limits });
    const output = new PageOutput(memory, codec, append);
    let from = 0;
    for (const to of ends) {
      this.#page({ plan, column, from, to, values, output });
      from = to;
    }
    values.finish(output);
    return { ...output.finish(), nullCount: column.nullCount, range: values.range() };
  }

  /** A data page: length of the levels, levels, values. */
  #page({ plan, column, from, to, values, output }: PageSetting): void {
    const memory = this.#memory;
    const body = memory.at('body');
    const bits = column.validity?.subarray(from >> 3, (to + 7) >> 3);
    const validity = bits === undefined ? 0 : memory.load('validity', bits);
    const present = bits === undefined ? to - from : memory.functions.countBits(validity, to - from);
    const isComplete = present === to - from;
    const levels = plan.isOptional ? writeLevels(memory.bytes(body, memory.at('packed') - body), to - from, present, bits) : 0;
    const written = values.page({ from, to, validity: isComplete ? 0 : validity, present }, body + levels, output);
    output.dataPage(to - from, written.areCodes, body, levels + written.length);
  }
}

interface PageSetting {
  readonly plan: ColumnPlan;
  readonly column: PackedColumn;
  readonly from: number;
  readonly to: number;
  readonly values: ChunkValues;
  readonly output: PageOutput;
}

/** Definition levels are the validity bits as they are, or one run where all are equal. Returns their bytes with the length before them. */
function writeLevels(out: Uint8Array, rows: number, present: number, bits: Uint8Array | undefined): number {
  const isRun = present === rows || present === 0;
  let at = 4;
  let header = isRun ? rows * 2 : Math.ceil(rows / 8) * 2 + 1;
  for (; header >= 128; header = Math.floor(header / 128)) out[at++] = (header & 127) | 128;
  out[at++] = header;
  if (isRun) out[at++] = present === rows ? 1 : 0;
  else {
    out.set(bits as Uint8Array, at);
    at += (bits as Uint8Array).length;
  }
  new DataView(out.buffer, out.byteOffset).setUint32(0, at - 4, true);
  return at;
}
