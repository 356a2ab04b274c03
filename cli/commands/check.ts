import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Home, memoryStore } from '../../connectors/index.ts';
import { checkPipeline, openHome, type PipelineCheck, resliceCheck } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { type HomeChoice, homeOf, homeOptions } from '../home-options.ts';
import { loadPipeline } from '../load-pipeline.ts';

/** `millrace check FILE` */
export const check = command({
  name: 'check',
  summary: 'plans a pipeline without running it: prints steps and schemas, finds mistakes',
  positionals: ['FILE'],
  options: z.object({
    ...homeOptions,
    reslice: z.boolean().default(false).describe('also run a sample in memory, cut in four ways, and compare the bits'),
    rows: z.coerce.number().int().min(1).default(5000).describe('rows of the sample'),
  }),
  example: 'millrace check examples/air-quality/pipeline.ts --reslice',
  async run({ positionals: [file], options }) {
    const pipeline = await loadPipeline(file as string);
    const home = openExisting(options);
    try {
      console.log(planText(await checkPipeline(pipeline, home)));
      if (!options.reslice) return 0;
      const { rows, cuts, differences } = await resliceCheck(pipeline, home ?? memoryStore().open(), options.rows);
      const ways = cuts.join(', ');
      if (differences.length === 0) console.log(`reslice: ${rows} rows in batches of ${ways}: same rows, same bits`);
      else console.error(`reslice: ${rows} rows in batches of ${ways} differ:\n${differences.map((what) => `  ${what}`).join('\n')}`);
      return differences.length === 0 ? 0 : 1;
    } finally {
      await home?.close();
    }
  },
});

/** The home that a run would use, unless it has never run: a check creates nothing. */
function openExisting(options: HomeChoice): Home | undefined {
  if (options.brokers === '' && !existsSync(join(options.state, 'log.db'))) return undefined;
  return openHome({ ...homeOf(options), readOnly: true });
}

function planText({ name, sources, steps, sinks, warnings }: PipelineCheck): string {
  const block = (title: string, columns: readonly string[] | undefined) => [title, ...(columns ?? []).map((column) => `      ${column}`)];
  let known: string | undefined;
  return [
    `pipeline ${name}`,
    'sources',
    ...sources.flatMap((source) => block(`  ${source.name}: ${source.from}`, source.schema)),
    'steps',
    ...steps.flatMap(({ id, state, schema }) => {
      const columns = schema?.join('\n');
      const shown = columns === known ? undefined : schema;
      known = columns;
      return block(`  ${id}${state ? ' (state)' : ''}`, shown);
    }),
    'sinks',
    ...sinks.flatMap((sink) => block(`  ${sink.name}: ${sink.to}`, sink.schema)),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
