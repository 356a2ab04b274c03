import { categoryData, float64Data, makeBatch, timestampData } from '../../../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch, SourceDefinition } from '../../../connectors/index.ts';
import { type EventColumns, event } from '../example-pipelines.ts';

const NAME = 'generated';
const SENSORS = Array.from({ length: 7 }, (_, sensor) => `s${sensor}`);

/** `rows` readings of seven sensors, one a second, computed from their number: any process can make them again. At row `stuckAt` the source hangs. */
export function generatedReadings(rows: number, stuckAt = Number.POSITIVE_INFINITY): SourceDefinition<EventColumns> {
  return {
    kind: 'source',
    name: NAME,
    schema: event,
    allowedLateness: 0,
    partitions: async () => 1,
    create: () => new GeneratedSource(rows, stuckAt),
  };
}

class GeneratedSource implements Source<EventColumns> {
  readonly schema = event;
  readonly #rows: number;
  readonly #stuckAt: number;
  #next = 0;

  constructor(rows: number, stuckAt: number) {
    this.#rows = rows;
    this.#stuckAt = stuckAt;
  }

  async open(_partition: number, position: Position | undefined): Promise<void> {
    this.#next = position?.[NAME] ?? 0;
  }

  async next(budget: ReadBudget): Promise<SourceBatch<EventColumns> | 'idle' | 'end'> {
    const until = Math.min(this.#rows, budget.until?.[NAME] ?? this.#rows);
    if (this.#next >= this.#rows) return 'end';
    if (this.#next >= until) return 'idle';
    if (this.#next >= this.#stuckAt) return stuck();
    const from = this.#next;
    this.#next = Math.min(until, from + budget.rows);
    return { ...rowsOf(from, this.#next), lag: this.#rows - this.#next };
  }

  async close(): Promise<void> {}
}

/** Says so, and never returns, as a hung connection would. */
function stuck(): Promise<never> {
  console.error('the source is stuck');
  return new Promise(() => setInterval(() => {}, 1000));
}

function rowsOf(from: number, to: number): Omit<SourceBatch<EventColumns>, 'lag'> {
  const numbers = Array.from({ length: to - from }, (_, row) => from + row);
  const codes = Int32Array.from(numbers, (number) => number % SENSORS.length);
  const values = Float64Array.from(numbers, (number) => ((number * 7919) % 1000) / 10);
  return {
    batch: makeBatch(event, [categoryData(codes, SENSORS), timestampData(numbers.map((number) => number * 1000)), float64Data(values)]),
    source: NAME,
    partition: 0,
    offset: Float64Array.from(numbers),
    records: numbers.length,
    rejects: [],
    position: { [NAME]: to },
    bytes: numbers.length * 24,
    rawRecord: () => undefined,
  };
}
