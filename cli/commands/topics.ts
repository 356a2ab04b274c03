import { z } from 'zod';
import { openHome } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';

/** `millrace topics` */
export const topics = command({
  name: 'topics',
  summary: 'lists topics: partitions, rows, bytes, and how far each pipeline lags behind',
  positionals: ['TOPIC?'],
  options: z.object({ ...homeOptions, json: z.boolean().default(false).describe('one JSON object a line') }),
  example: 'millrace topics',
  async run({ positionals: [topic], options }) {
    const home = await openHome({ ...homeOf(options), readOnly: true });
    try {
      const partitions = await home.topics.list(topic);
      const positions = await home.positions();
      const rows = partitions.map((info) => ({ ...info, rows: info.end - info.start, lags: lagsOf(info, positions) }));
      if (options.json) for (const row of rows) console.log(JSON.stringify(row));
      else console.log(table(rows));
      return 0;
    } finally {
      await home.close();
    }
  },
});

interface PartitionRow {
  readonly topic: string;
  readonly partition: number;
  readonly rows: number;
  readonly bytes: number | undefined;
  readonly lags: readonly { readonly task: string; readonly lag: number }[];
}

type Positions = ReadonlyMap<string, Readonly<Record<string, Readonly<Record<string, number>>>>>;

/** Rows that each task has still to read of a partition. A task reads the partition of its own number. */
function lagsOf(info: { readonly topic: string; readonly partition: number; readonly end: number }, positions: Positions) {
  return [...positions].flatMap(([task, inputs]) =>
    Object.values(inputs)
      .filter((position) => position[info.topic] !== undefined && task.endsWith(`/${info.partition}`))
      .map((position) => ({ task, lag: Math.max(0, info.end - (position[info.topic] as number)) })),
  );
}

function table(rows: readonly PartitionRow[]): string {
  if (rows.length === 0) return 'no topics';
  const cells = [
    ['topic', 'partition', 'rows', 'bytes', 'lag'],
    ...rows.map(({ topic, partition, rows, bytes, lags }) => [
      topic,
      String(partition),
      rows.toLocaleString('en-US'),
      bytes === undefined ? '-' : bytes.toLocaleString('en-US'),
      lags.map(({ task, lag }) => `${task}: ${lag.toLocaleString('en-US')}`).join(', ') || '-',
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => (row[column] as string).length))) ?? [];
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
