import { type TypeMap, Vector } from 'apache-arrow';
import { Subject } from 'rxjs';
import { buildInTask, type Operator, type StreamBatch, sliceStreamBatch } from '../../streams/index.ts';
import { TestTask } from './test-task.ts';

/** One run of an operator in a task of its own. */
export class OperatorRun<I extends TypeMap = TypeMap, O extends TypeMap = TypeMap> {
  readonly task: TestTask;
  readonly outputs: StreamBatch<O>[] = [];
  error: unknown;
  completed = false;
  readonly #input = new Subject<StreamBatch<I>>();
  readonly #stop: () => void;

  constructor(make: () => Operator<I, O>) {
    this.task = new TestTask();
    const output = buildInTask(this.task, () => make()(this.#input));
    const subscription = output.subscribe({
      next: (batch) => this.outputs.push(batch),
      error: (thrown) => {
        this.error = thrown;
      },
      complete: () => {
        this.completed = true;
      },
    });
    this.#stop = () => subscription.unsubscribe();
  }

  push(...batches: readonly StreamBatch<I>[]): this {
    for (const batch of batches) {
      this.#input.next(batch);
      this.task.endTurn();
    }
    return this;
  }

  end(): this {
    this.#input.complete();
    return this;
  }

  unsubscribe(): void {
    this.#stop();
  }

  get observed(): boolean {
    return this.#input.observed;
  }

  /** Everything that came out, row by row. */
  rows(): RowRecord[] {
    if (this.error !== undefined) throw this.error;
    return this.outputs.flatMap(rowsOf);
  }
}

/** A row of a stream, plain: compare with toEqual. Numbers keep their sign of zero and NaN. */
export interface RowRecord {
  readonly ordinal: number;
  readonly sub: number;
  readonly watermark: number;
  readonly availableAt: number | undefined;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The rows of a stream batch. */
export function rowsOf(stream: StreamBatch): RowRecord[] {
  const columns = stream.batch.schema.fields.map(
    (field, index) => [field.name, new Vector([stream.batch.data.children[index] as never])] as const,
  );
  return Array.from({ length: stream.batch.numRows }, (_, row) => ({
    ordinal: stream.ordinal[row] as number,
    sub: stream.sub[row] as number,
    watermark: stream.watermark[row] as number,
    availableAt: stream.availableAt?.[row],
    row: Object.fromEntries(columns.map(([name, column]) => [name, plain(column.get(row))])),
  }));
}

function plain(value: unknown): unknown {
  if (value instanceof Vector) return Array.from(value, plain);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  return value;
}

/** Only the columns of the rows. */
export const columnsOf = (rows: readonly RowRecord[]) => rows.map(({ row }) => row);

/** Cuts a stream batch into batches of at most `size` rows. */
export function reslice<T extends TypeMap>(input: StreamBatch<T>, size: number): StreamBatch<T>[] {
  const parts: StreamBatch<T>[] = [];
  for (let from = 0; from < input.batch.numRows; from += size) {
    parts.push(sliceStreamBatch(input, from, Math.min(from + size, input.batch.numRows)));
  }
  return parts;
}

/** Runs an operator over batches to the end of the input. */
export function runOperator<I extends TypeMap, O extends TypeMap>(
  make: () => Operator<I, O>,
  ...inputs: readonly StreamBatch<I>[]
): OperatorRun<I, O> {
  return new OperatorRun(make).push(...inputs).end();
}
