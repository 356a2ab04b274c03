import type { TypeMap } from 'apache-arrow';
import { Observable } from 'rxjs';
import { z } from 'zod';
import { type Batch, type BatchSchema, batchesFromIpc, batchToIpc, emptyBatch } from '../columnar/index.ts';
import { base64Of, bytesOfBase64 } from './base64.ts';
import type { Operator } from './flow.ts';
import { MillraceError } from './millrace-error.ts';
import { parseOptions } from './options.ts';
import { stepFailure } from './step-attempt.ts';
import { type StreamBatch, sliceStreamBatch, withBatch } from './stream-batch.ts';
import { currentTask, type StepContext } from './task-context.ts';

const mapAsyncOptions = z.object({
  concurrency: z.number().int().min(1).max(1000).default(4).describe('questions under way at a time'),
  rows: z.number().int().min(1).max(1_000_000).default(256).describe('most rows per question'),
});

/** Options of {@link mapAsync}. */
export interface MapAsyncOptions<O extends TypeMap> extends Partial<z.output<typeof mapAsyncOptions>> {
  /** Schema of the answers. */
  readonly schema: BatchSchema<O>;
}

/**
 * Asks something outside of the pipeline (a service, a database) about rows. `ask` gets at most `rows` rows and resolves to as many rows of `schema`, in the same order. Rows keep
 * their order, and the task waits for the answers before its next batch.
 *
 * The answers are kept with the epoch, so that a re-run after a crash repeats them instead of asking again. `ask` itself may be called more than once for a row of an epoch that was
 * lost: it should be safe to repeat. With `step(..., { onError: 'reject' }, ...)`, a question that fails is asked again row by row.
 *
 * @throws MillraceError OPERATOR_FAILED when `ask` rejects or answers another number of rows.
 *
 * @example
 * const enriched = flow(orders, mapAsync('rate', (batch) => lookUpRates(batch), { schema: rated, concurrency: 8 }));
 */
export function mapAsync<I extends TypeMap, O extends TypeMap>(
  name: string,
  ask: (batch: Batch<I>) => Promise<Batch<O>>,
  { schema, ...options }: MapAsyncOptions<O>,
): Operator<I, O> {
  const limits = parseOptions('mapAsync', mapAsyncOptions, options);
  return (source) => {
    const step = currentTask().step({ name, ledger: { left: ['in'], right: ['out'] } });
    return new Observable((subscriber) => {
      const questions = new Questions(step, ask, schema, limits);
      // Batches are answered one after the other: what an earlier one puts out comes first.
      let before = Promise.resolve();
      const next = (work: () => Promise<void> | void) => {
        before = before.then(async () => {
          if (subscriber.closed) return;
          try {
            await work();
          } catch (thrown) {
            subscriber.error(stepFailure(step, thrown));
          }
        });
        step.waitFor(before);
      };
      return source.subscribe({
        next: (input) => {
          step.count('in', input.batch.numRows);
          next(async () => {
            for (const output of await questions.answer(input)) {
              step.emitted(output);
              subscriber.next(output);
            }
          });
        },
        error: (thrown) => subscriber.error(thrown),
        complete: () => next(() => subscriber.complete()),
      });
    });
  };
}

/** Answers to the first rows asked about: rows of the output schema, or why a single row got none. */
type Answer<O extends TypeMap> = { readonly batch: Batch<O> } | { readonly reason: string };

const rowsOf = (answer: Answer<TypeMap>) => ('batch' in answer ? answer.batch.numRows : 1);

class Questions<I extends TypeMap, O extends TypeMap> {
  readonly #step: StepContext;
  readonly #ask: (batch: Batch<I>) => Promise<Batch<O>>;
  readonly #schema: BatchSchema<O>;
  readonly #limits: z.output<typeof mapAsyncOptions>;
  /** What is left of a recalled answer that reaches beyond the batch it was recalled for. */
  #rest: Answer<O> | undefined;

  constructor(
    step: StepContext,
    ask: (batch: Batch<I>) => Promise<Batch<O>>,
    schema: BatchSchema<O>,
    limits: z.output<typeof mapAsyncOptions>,
  ) {
    this.#step = step;
    this.#ask = ask;
    this.#schema = schema;
    this.#limits = limits;
  }

  /** The outputs for one batch, in order. */
  async answer(input: StreamBatch<I>): Promise<readonly StreamBatch<O>[]> {
    const rows = input.batch.numRows;
    if (rows === 0) return [withBatch(input, emptyBatch(this.#schema))];
    const outputs: StreamBatch<O>[] = [];
    let at = 0;
    for (let answer = this.#recall(input, at); answer !== undefined; answer = at < rows ? this.#recall(input, at) : undefined) {
      outputs.push(...this.#take(sliceStreamBatch(input, at, at + rowsOf(answer)), answer));
      at += rowsOf(answer);
    }
    if (at < rows) outputs.push(...(await this.#askAll(sliceStreamBatch(input, at, rows))));
    return outputs;
  }

  /** The next answer of a committed epoch, cut to the rows at hand. */
  #recall(input: StreamBatch<I>, at: number): Answer<O> | undefined {
    let answer = this.#rest;
    this.#rest = undefined;
    if (answer === undefined) {
      const kept = this.#step.journal?.recall();
      if (kept === undefined) return undefined;
      this.#step.journal?.keep(input.ordinal[at] as number, kept);
      answer = readAnswer<O>(kept as KeptAnswer);
    }
    const rows = input.batch.numRows - at;
    if (!('batch' in answer) || answer.batch.numRows <= rows) return answer;
    this.#rest = { batch: answer.batch.slice(rows) as Batch<O> };
    return { batch: answer.batch.slice(0, rows) as Batch<O> };
  }

  #take(input: StreamBatch<I>, answer: Answer<O>): readonly StreamBatch<O>[] {
    if ('batch' in answer) return [withBatch(input, answer.batch)];
    this.#step.reject({ ordinal: input.ordinal[0] as number, reason: answer.reason, row: JSON.stringify(String(input.batch.get(0))) });
    return [];
  }

  async #askAll(input: StreamBatch<I>): Promise<readonly StreamBatch<O>[]> {
    const { rows, concurrency } = this.#limits;
    const parts: StreamBatch<I>[] = [];
    for (let from = 0; from < input.batch.numRows; from += rows) {
      parts.push(sliceStreamBatch(input, from, Math.min(from + rows, input.batch.numRows)));
    }
    const answers: (readonly Answer<O>[])[] = [];
    let next = 0;
    const worker = async () => {
      while (next < parts.length) {
        const part = next++;
        answers[part] = await this.#askPart(parts[part] as StreamBatch<I>);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, parts.length) }, worker));
    return parts.flatMap((part, index) => this.#keep(part, answers[index] as readonly Answer<O>[]));
  }

  #keep(part: StreamBatch<I>, answers: readonly Answer<O>[]): readonly StreamBatch<O>[] {
    let at = 0;
    return answers.flatMap((answer) => {
      this.#step.journal?.keep(part.ordinal[at] as number, keepAnswer(answer));
      const rows = sliceStreamBatch(part, at, at + rowsOf(answer));
      at += rowsOf(answer);
      return this.#take(rows, answer);
    });
  }

  async #askPart(part: StreamBatch<I>): Promise<readonly Answer<O>[]> {
    try {
      return [{ batch: await this.#askRows(part) }];
    } catch (thrown) {
      const error = stepFailure(this.#step, thrown, part.origin);
      if (this.#step.onError !== 'reject') throw error;
      if (part.batch.numRows === 1) return [{ reason: error.message }];
      const answers: Answer<O>[] = [];
      for (let row = 0; row < part.batch.numRows; row++) answers.push(...(await this.#askPart(sliceStreamBatch(part, row, row + 1))));
      return answers;
    }
  }

  async #askRows({ batch }: StreamBatch<I>): Promise<Batch<O>> {
    const answer = await this.#ask(batch);
    if (answer.numRows === batch.numRows) return answer;
    throw new MillraceError('OPERATOR_FAILED', `${batch.numRows} rows were asked about, ${answer.numRows} answered`);
  }
}

/** An answer as the journal keeps it: Arrow IPC in base64. */
type KeptAnswer = { readonly rows: string } | { readonly reason: string };

const keepAnswer = (answer: Answer<TypeMap>): KeptAnswer => ('batch' in answer ? { rows: base64Of(batchToIpc(answer.batch)) } : answer);

function readAnswer<O extends TypeMap>(kept: KeptAnswer): Answer<O> {
  if ('reason' in kept) return kept;
  return { batch: batchesFromIpc<O>(bytesOfBase64(kept.rows))[0] as Batch<O> };
}
