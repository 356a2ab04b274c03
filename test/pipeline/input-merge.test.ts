import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64, float64Data, makeBatch, schema, type TypeMap, timestamp, timestampData } from '../../columnar/index.ts';
import type { JournalEntry, Position, ReadBudget, Source, SourceBatch } from '../../connectors/index.ts';
import { InputMerge } from '../../pipeline/input-merge.ts';
import { TaskInput } from '../../pipeline/task-input.ts';

const rowSchema = schema({ at: timestamp(), value: float64() }, { eventTime: 'at' });

/** A source over event times; `script` says per read how many rows it brings, 0 for idle. It repeats from its position and obeys `until`. */
class ScriptedSource implements Source<TypeMap> {
  readonly schema = rowSchema as Source<TypeMap>['schema'];
  readonly #name: string;
  readonly #times: readonly number[];
  #script: readonly number[];
  #at = 0;

  constructor(name: string, times: readonly number[], script: readonly number[]) {
    this.#name = name;
    this.#times = times;
    this.#script = script;
  }

  async open(_partition: number, position: Position | undefined): Promise<void> {
    this.#at = position?.[this.#name] ?? 0;
  }

  async next(budget: ReadBudget): Promise<SourceBatch<TypeMap> | 'idle' | 'end'> {
    const [planned = this.#times.length, ...rest] = this.#script;
    this.#script = rest;
    const end = Math.min(
      this.#times.length,
      this.#at + planned,
      budget.until?.[this.#name] ?? Number.POSITIVE_INFINITY,
      this.#at + budget.rows,
    );
    if (this.#at >= this.#times.length && budget.until === undefined) return 'end';
    if (end <= this.#at) return 'idle';
    const from = this.#at;
    this.#at = end;
    const times = this.#times.slice(from, end);
    return {
      batch: makeBatch(rowSchema, [timestampData(times), float64Data(Float64Array.from(times))]),
      source: this.#name,
      partition: 0,
      offset: Float64Array.from(times, (_, row) => from + row),
      records: times.length,
      rejects: [],
      position: { [this.#name]: end },
      lag: this.#times.length - end,
      bytes: times.length * 16,
      rawRecord: () => undefined,
    };
  }

  async close(): Promise<void> {}
}

interface Merged {
  readonly order: readonly string[];
  readonly journal: readonly JournalEntry[];
  readonly positions: Readonly<Record<string, Position>>;
}

async function merged(
  inputs: readonly TaskInput[],
  rows: number,
  replay?: { journal: readonly JournalEntry[]; until: Readonly<Record<string, Position>>; total: number },
): Promise<Merged> {
  const merge = new InputMerge(inputs, { nextOrdinal: 0, replay: replay?.journal });
  const order: string[] = [];
  for (let turns = 0; turns < 10_000; turns++) {
    if (replay !== undefined && merge.nextOrdinal >= replay.total) break;
    const turn = await merge.next(rows, (input) => ({
      rows: 16,
      bytes: 1e6,
      ...(replay === undefined ? {} : { until: replay.until[input.name] ?? {} }),
    }));
    if (turn === 'end') break;
    if (turn === 'idle') continue;
    for (const { input, taken } of turn)
      for (let row = taken.from; row < taken.to; row++) order.push(`${input.name}${taken.rows.offset[row]}`);
  }
  await merge.goLive();
  return { order, journal: merge.journal, positions: merge.positions };
}

const input = (name: string, times: readonly number[], script: readonly number[] = []) =>
  new TaskInput({ name, source: new ScriptedSource(name, times, script), position: {}, allowedLateness: 0, rejectedElsewhere: false });

describe('InputMerge', () => {
  it('orders rows by event time, then topic, then offset', async () => {
    const { order } = await merged([input('b', [1, 3, 3]), input('a', [2, 3, 4])], 100);
    expect(order).toEqual(['b0', 'a0', 'a1', 'b1', 'b2', 'a2']);
  });

  it('gives the same order however the reads and turns are cut, while no input is idle', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 });
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(times, times, cuts, cuts, fc.integer({ min: 1, max: 9 }), async (a, b, cutA, cutB, rows) => {
        const whole = await merged([input('a', a), input('b', b)], 1000);
        const cut = await merged([input('a', a, cutA), input('b', b, cutB)], rows);
        expect(cut.order).toEqual(whole.order);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on without an idle input, and a re-run repeats that decision from the journal', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 });
    const script = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(times, times, script, script, fc.integer({ min: 1, max: 9 }), async (a, b, scriptA, scriptB, rows) => {
        const live = await merged([input('a', a, scriptA), input('b', b, scriptB)], 4);
        const again = await merged([input('a', a), input('b', b)], rows, {
          journal: live.journal,
          until: live.positions,
          total: a.length + b.length,
        });
        expect(again.order).toEqual(live.order);
        expect(again.journal).toEqual(live.journal);
      }),
      { numRuns: 100 },
    );
  });
});
