import { describeSchema, emptyBatch, rolesOf } from '../columnar/index.ts';
import type { Home, Snapshot } from '../connectors/index.ts';
import { MillraceError, streamBatch } from '../streams/index.ts';
import type { Input, Output, Pipeline } from './definition.ts';
import { Graph } from './graph.ts';
import { restoreCells } from './restore-cells.ts';
import { stateChange } from './state-change.ts';
import { systemClock } from './system-clock.ts';

/** What `millrace check` tells of a pipeline without running it. */
export interface PipelineCheck {
  readonly name: string;
  readonly sources: readonly { readonly name: string; readonly from: string; readonly schema: readonly string[] }[];
  /** Steps in reading order; the schema of what leaves them where a batch without rows tells it. */
  readonly steps: readonly { readonly id: string; readonly state: boolean; readonly schema: readonly string[] | undefined }[];
  readonly sinks: readonly { readonly name: string; readonly to: string; readonly schema: readonly string[] }[];
  /** Things that run, but may not be meant. */
  readonly warnings: readonly string[];
}

function place(end: Input | Output): string {
  if (end.kind === 'topic') return `topic ${end.name} (${end.format.name})`;
  return end.kind === 'topics' ? `topics ${end.name} (${end.each.format.name})` : end.name;
}

/**
 * Wires a pipeline and sends a batch without rows through it: finds unknown columns, wrong types and missing streams before any row is read.
 *
 * With a home it also tells which stored state the pipeline as it is now would lose, or could not take.
 *
 * @throws MillraceError of the step that cannot work.
 */
export async function checkPipeline(pipeline: Pipeline, home?: Home): Promise<PipelineCheck> {
  const sinks = new Map(Object.keys(pipeline.sinks).map((name) => [name, () => {}]));
  const graph = new Graph(pipeline, systemClock, sinks);
  const sources = Object.entries(pipeline.sources);
  await graph.push(sources.map(([input, { schema }]) => ({ input, batch: streamBatch(emptyBatch(schema)) })));
  const { steps } = graph;
  const result = {
    name: pipeline.name,
    sources: sources.map(([name, source]) => ({ name, from: place(source), schema: describeSchema(source.schema) })),
    steps: steps.ids.map((id) => {
      const schema = steps.schemas.get(id);
      return { id, state: steps.cells.has(id), schema: schema === undefined ? undefined : describeSchema(schema) };
    }),
    sinks: Object.entries(pipeline.sinks).map(([name, sink]) => ({
      name,
      to: place(sink),
      schema: sink.schema === undefined ? [] : describeSchema(sink.schema),
    })),
    warnings: [...warningsOf(pipeline, steps.ids), ...(home === undefined ? [] : await stateWarnings(home, pipeline, graph))],
  };
  graph.close();
  return result;
}

/** State that a run of this pipeline would refuse to drop, and steps that would begin without any. */
async function stateWarnings(home: Home, { name }: Pipeline, graph: Graph): Promise<readonly string[]> {
  const record = (await home.epochs.peek(`${name}/`)).find(({ snapshotEpoch }) => snapshotEpoch > 0);
  if (record === undefined) return [];
  const snapshot = await home.epochs.readSnapshot(record.task, record.snapshotEpoch);
  if (snapshot === undefined) return [];
  const own = snapshot.cells.filter(({ id }) => !id.startsWith('['));
  const { orphans, fresh } = stateChange(graph.steps.cells, { cells: own });
  return [
    ...orphans.map((id) => `the state of step '${id}' in ${home.address} would have no step: a run needs --allow-orphans to drop it`),
    ...fresh.map((id) => `step '${id}' has no state in ${home.address}: it would begin without any`),
    ...refusals(graph, { ...snapshot, cells: own }).map((reason) => `a run would refuse its state in ${home.address}: ${reason}`),
  ];
}

/** Why steps cannot take their state as it is: each of them is tried alone. */
function refusals({ steps }: Graph, snapshot: Snapshot): readonly string[] {
  return snapshot.cells.flatMap((stored) => {
    const cell = steps.cells.get(stored.id);
    if (cell === undefined) return [];
    try {
      restoreCells(new Map([[stored.id, cell]]), { ...snapshot, cells: [stored] });
      return [];
    } catch (thrown) {
      const { message, hint } = MillraceError.from(thrown, 'STATE_INCOMPATIBLE');
      return [`step '${stored.id}': ${message}${hint === undefined ? '' : ` (${hint})`}`];
    }
  });
}

function warningsOf(pipeline: Pipeline, ids: readonly string[]): readonly string[] {
  const warnings: string[] = [];
  for (const [name, source] of Object.entries(pipeline.sources)) {
    if (rolesOf(source.schema).eventTime === undefined)
      warnings.push(`source '${name}' has no event time: windows and time-based joins cannot work on it`);
  }
  const numbered = ids.filter((id) => /-\d+$/.test(id));
  if (numbered.length > 0) {
    warnings.push(
      `steps ${numbered.join(', ')} are numbered by position: give steps with state an id of their own (step), so that their state outlives edits`,
    );
  }
  return warnings;
}
