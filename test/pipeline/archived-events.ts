import { type ArchiveOptions, archive, type Home, parquet, type SourceDefinition } from '../../connectors/index.ts';
import { definePipeline, type Input, readCells, start } from '../../pipeline/index.ts';
import { type EventColumns, event } from './example-pipelines.ts';

/** The archive in a folder, as the history of a handover. */
export const archiveIn = (folder: string): SourceDefinition<EventColumns> => parquet(folder, { schema: event, decodeIn: 'caller' });

/** Archives what topics hold by now, each time in files of their own. */
export async function archiveEvents(
  home: Home,
  name: string,
  events: Input<EventColumns>,
  folder: string,
  options: ArchiveOptions<EventColumns> = {},
): Promise<SourceDefinition<EventColumns>> {
  const pipeline = definePipeline({
    name,
    sources: { events },
    sinks: { archive: archive(folder, { schema: event, ...options }) },
    flow: (streams) => ({ archive: streams.events }),
  });
  await start(pipeline, { home, drain: true, resumable: true }).done;
  return archiveIn(folder);
}

/** State of the steps of each task: weights and moments among them. */
export async function stepStates(home: Home, name: string) {
  const cells = await readCells(home, name);
  return cells.filter(({ step }) => !step.startsWith('[')).map(({ task, step, sha256 }) => [task.slice(-1), step, sha256] as const);
}
