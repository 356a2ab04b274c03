import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { start } from '../../pipeline/index.ts';
import { type Duration, MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { showRun } from '../progress.ts';
import { summaryJson, summaryText } from '../summary.ts';

/** `millrace run FILE` */
export const run = command({
  name: 'run',
  summary: 'runs the pipeline that a file exports, until it ends or is stopped',
  positionals: ['FILE'],
  options: z.object({
    ...homeOptions,
    speed: z.string().optional().describe('speed of the feeds: max, realtime, or a factor such as 100x'),
    fresh: z.boolean().default(false).describe('begin anew: forget state, delete the topics that the pipeline and its feeds write'),
    drain: z.boolean().default(false).describe('end when all inputs have been read, also without feeds'),
    workers: z.coerce.number().int().min(1).max(256).default(1).describe('threads that the tasks are spread over'),
    group: z.boolean().default(false).describe('share the tasks with all processes that run this pipeline with --group (Kafka only)'),
    discoverEvery: z
      .string()
      .default('30s')
      .describe('how often to look for topics that match a pattern, and for new partitions; 0 for never'),
    savepoint: z.string().optional().describe('start from this savepoint (see millrace state save)'),
    allowOrphans: z.boolean().default(false).describe('drop the state of steps that the pipeline no longer has'),
    resetSteps: z.string().optional().describe('steps that begin anew, separated by commas, whatever their state'),
    stateBytes: z.coerce.number().int().min(1).optional().describe('most bytes of state per task'),
    keepSnapshots: z.coerce
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe('older snapshots to keep per task, spread over the run, for millrace reproduce to begin at'),
    journalBytes: z.coerce
      .number()
      .int()
      .min(1)
      .default(268_435_456)
      .describe('most bytes of the journal that millrace reproduce reads, where its topic is made'),
    logBytes: z.coerce
      .number()
      .int()
      .min(1)
      .optional()
      .describe('disk budget of the embedded log, bytes; records that all tasks have read make room'),
    summary: z.string().optional().describe('write the summary to this file, as JSON'),
    epochTime: z.string().default('1s').describe('longest time between two commits'),
    guarantee: z
      .enum(['exactlyOnce', 'atLeastOnce'])
      .default('exactlyOnce')
      .describe('atLeastOnce publishes rows before their epoch commits'),
    batchRows: z.coerce.number().default(4096).describe('rows pushed through the operators at a time'),
  }),
  example: 'millrace run examples/air-quality/pipeline.ts --speed max --summary summary.json',
  async run({ positionals: [file], options }) {
    const pipeline = await loadPipeline(file as string);
    const running = start(pipeline, {
      ...homeOf(options),
      fresh: options.fresh,
      journalBytes: options.journalBytes,
      ...(options.logBytes === undefined ? {} : { logBytes: options.logBytes }),
      ...(options.drain ? { drain: true } : {}),
      ...(options.speed === undefined ? {} : { speed: options.speed }),
      ...(options.savepoint === undefined ? {} : { savepoint: options.savepoint }),
      workers: options.workers,
      group: options.group,
      discoverEvery: options.discoverEvery === '0' ? 0 : (options.discoverEvery as Duration),
      module: pathToFileURL(resolve(file as string)),
      allowOrphans: options.allowOrphans,
      resetSteps: options.resetSteps?.split(',') ?? [],
      task: {
        epochTime: options.epochTime,
        batchRows: options.batchRows,
        guarantee: options.guarantee,
        keepSnapshots: options.keepSnapshots,
        ...(options.stateBytes === undefined ? {} : { stateBytes: options.stateBytes }),
      },
      onNotice: (notice) => console.error(`millrace: ${notice}`),
      onRetry: (error, pause) => console.error(`millrace: ${error.describe()}; trying again in ${pause} ms`),
    });
    const stopping = stopOnSignals(() => running.stop());
    try {
      const summary = await showRun(pipeline.name, running);
      if (summary.alreadyEnded) console.log(`${pipeline.name} had ended in an earlier run; --fresh begins anew`);
      console.log(summaryText(summary));
      if (options.summary !== undefined) writeSummary(options.summary, summaryJson(summary));
      return 0;
    } finally {
      stopping.dispose();
    }
  },
});

function writeSummary(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (thrown) {
    throw new MillraceError('SINK_FAILED', `cannot write the summary to ${file}: ${(thrown as Error).message}`, { cause: thrown });
  }
}

/** The first SIGINT or SIGTERM drains, commits and leaves; the second leaves at once. */
function stopOnSignals(stop: () => Promise<unknown>): { dispose(): void } {
  let signals = 0;
  const onSignal = () => {
    signals++;
    if (signals > 1) process.exit(130);
    console.error('millrace: stopping after this epoch; a second signal stops at once');
    stop().catch(() => {});
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { dispose: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal) };
}
