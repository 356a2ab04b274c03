import type { Observable } from 'rxjs';
import type { TypeMap } from '../../columnar/index.ts';
import { type Operator, type StateCell, StateReader, StateWriter, type StreamBatch, sliceStreamBatch } from '../../streams/index.ts';
import type { Pipeline } from '../definition.ts';
import { Graph } from '../graph.ts';
import type { Counters } from '../ledger.ts';
import type { StepRejection } from '../steps.ts';

/** What steps made of their input. */
export interface StepsRun {
  /** Rows of each output as plain objects, in order. */
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly batches: Readonly<Record<string, readonly StreamBatch[]>>;
  /** Rows that steps rejected, with reason and step. */
  readonly rejects: readonly StepRejection[];
  /** Ledger counters by step; the equations were checked. */
  readonly counters: Readonly<Record<string, Counters>>;
  /** State of each step at the end, as its snapshot's bytes. */
  readonly state: ReadonlyMap<string, Uint8Array>;
}

/** How {@link runSteps} feeds the rows. */
export interface RunStepsOptions {
  /** Cut every batch into batches of so many rows: results and state must not depend on it. */
  readonly batchRows?: number;
  /** Snapshot the state after so many turns, throw the steps away, and go on with new ones restored from it: nothing may change. */
  readonly restartAfter?: number;
  /** What the task's clock says, ms; it stands still. */
  readonly now?: number;
}

type Flow = (streams: Readonly<Record<string, Observable<StreamBatch>>>) => Readonly<Record<string, Observable<StreamBatch>>>;

/**
 * Runs steps as a task does, without topics: for tests of operators and of parts of a pipeline. Inputs are pushed turn by turn, one batch of each input, then ended.
 *
 * @throws MillraceError of a step that fails, or LEDGER_UNBALANCED naming a step that loses rows.
 *
 * @example
 * const { rows } = await runSteps({ a: [batchA], b: [batchB] }, ({ a, b }) => ({ all: union(a, b) }), { batchRows: 1 });
 */
export async function runSteps(
  inputs: Readonly<Record<string, readonly StreamBatch[]>>,
  flow: Flow,
  options: RunStepsOptions = {},
): Promise<StepsRun> {
  const names = outputNames(inputs, flow);
  const batches: Record<string, StreamBatch[]> = Object.fromEntries(names.map((name) => [name, []]));
  const inlets = new Map(names.map((name) => [name, (batch: StreamBatch) => void batches[name]?.push(batch)]));
  const clock = { now: () => options.now ?? 0, virtual: true };
  const pipeline = {
    name: 'steps',
    sources: inputs,
    sinks: Object.fromEntries(names.map((name) => [name, name])),
    flow,
  } as unknown as Pipeline;
  let graph = new Graph(pipeline, clock, inlets);
  const rejects: StepRejection[] = [];
  for (const [number, turn] of turnsOf(inputs, options.batchRows).entries()) {
    if (number === options.restartAfter) {
      const before = graph;
      graph = new Graph(pipeline, clock, inlets);
      restore(before, graph);
      before.close();
    }
    await graph.push(turn);
    rejects.push(...graph.steps.takeRejections());
    graph.steps.ledger.check();
  }
  await graph.complete();
  rejects.push(...graph.steps.takeRejections());
  graph.steps.ledger.check();
  const rows = Object.fromEntries(Object.entries(batches).map(([name, list]) => [name, list.flatMap(plainRows)]));
  return { rows, batches, rejects, counters: graph.steps.ledger.toJSON(), state: stateOf(graph.steps.cells) };
}

/**
 * Runs one operator over batches; its output is named `out`. The batches come first, so that the compiler knows their columns when it meets the operator.
 *
 * @example
 * const { rows, rejects } = await runOperator([batch], () => lag({ columns: ['pm25'], key: 'station', steps: [1] }), { batchRows: 1 });
 */
export function runOperator<I extends TypeMap, O extends TypeMap>(
  batches: readonly StreamBatch<I>[],
  operator: () => Operator<I, O>,
  options: RunStepsOptions = {},
): Promise<StepsRun> {
  return runSteps({ in: batches }, ({ in: source }) => ({ out: operator()(source as Observable<StreamBatch<I>>) }), options);
}

/** What the flow returns is known once it was built, so it is built on streams that never bring anything. */
function outputNames(inputs: Readonly<Record<string, unknown>>, flow: Flow): readonly string[] {
  const names: string[] = [];
  const probe = (streams: Parameters<Flow>[0]) => {
    const outputs = flow(streams);
    names.push(...Object.keys(outputs));
    return outputs;
  };
  new Graph({ sources: inputs, sinks: {}, flow: probe } as unknown as Pipeline, { now: () => 0 }, new Map()).close();
  return names;
}

function turnsOf(inputs: Readonly<Record<string, readonly StreamBatch[]>>, batchRows = Number.POSITIVE_INFINITY) {
  const cut = Object.entries(inputs).map(([input, batches]) => ({ input, batches: batches.flatMap((batch) => sliced(batch, batchRows)) }));
  const turns = cut.reduce((most, { batches }) => Math.max(most, batches.length), 0);
  return Array.from({ length: turns }, (_, turn) =>
    cut.flatMap(({ input, batches }) => (batches[turn] === undefined ? [] : [{ input, batch: batches[turn] }])),
  );
}

function sliced(batch: StreamBatch, rows: number): readonly StreamBatch[] {
  if (batch.batch.numRows <= rows) return [batch];
  const parts = Math.ceil(batch.batch.numRows / rows);
  return Array.from({ length: parts }, (_, part) => sliceStreamBatch(batch, part * rows, Math.min((part + 1) * rows, batch.batch.numRows)));
}

function stateOf(cells: ReadonlyMap<string, StateCell>): ReadonlyMap<string, Uint8Array> {
  return new Map(
    [...cells].map(([id, cell]) => {
      const out = new StateWriter();
      cell.snapshot(out);
      return [id, out.finish()];
    }),
  );
}

function restore(before: Graph, after: Graph): void {
  for (const [id, bytes] of stateOf(before.steps.cells))
    after.steps.cells.get(id)?.restore(new StateReader(bytes), before.steps.cells.get(id)?.version ?? 0);
  const ledger = new StateWriter();
  before.steps.ledger.snapshot(ledger);
  after.steps.ledger.restore(new StateReader(ledger.finish()));
}

function plainRows({ batch }: StreamBatch): readonly Readonly<Record<string, unknown>>[] {
  return Array.from({ length: batch.numRows }, (_, row) => batch.get(row)?.toJSON() ?? {});
}
