import { z } from 'zod';
import { type MemoryStore, memoryStore } from '../../connectors/index.ts';
import { MillraceError, parseOptions } from '../../streams/index.ts';
import type { Pipeline } from '../definition.ts';
import { taskOptions } from '../task-options.ts';
import { type Fault, type FaultKind, type FaultRates, fixedPlan, formatFaults, parseFaults, randomPlan } from './faults.ts';
import { compareOutcomes, type Outcome } from './outcome.ts';
import { shrink } from './shrink.ts';
import { runSimulation, type SimulatedInputs, type SimulatedRun } from './simulation.ts';

/** Options of {@link simulate}, for validation and documentation. */
export const simulateOptions = z.strictObject({
  inputs: z.custom<SimulatedInputs>((value) => typeof value === 'object' && value !== null, 'expected records by topic'),
  seed: z.number().int().min(0).default(1).describe('first seed; seeds that differ give unrelated faults'),
  seeds: z.number().int().min(1).default(20).describe('how many seeds to try'),
  kill: z.number().min(0).default(3).describe('processes killed per run, on average'),
  rebalance: z.number().min(0).default(2).describe('moves of a task to another worker per run, half of them while the old one still runs'),
  duplicate: z
    .number()
    .min(0)
    .default(3)
    .describe('requests per run that fail, half of them after they have taken effect, so that they are asked twice'),
  delay: z.number().min(0).max(1).default(0.15).describe('share of requests that travel for long, or are answered with few rows'),
  reorder: z.number().min(0).max(1).default(0.1).describe('share of answers that are overtaken by others'),
  faults: z.string().optional().describe('exactly these faults, as a failure printed them, instead of seeds'),
  sweep: z
    .boolean()
    .default(false)
    .describe('instead of seeds: one run for each request, in which the process dies before it, and one after it'),
  workers: z.number().int().min(1).default(2).describe('workers that the tasks are spread over'),
  task: z.custom<Partial<z.input<typeof taskOptions>>>().default({}).describe('options of the tasks; small batches and epochs by default'),
  store: z
    .custom<() => MemoryStore>((value) => typeof value === 'function')
    .optional()
    .describe('a store of your own under test'),
});

export type SimulateOptions = z.input<typeof simulateOptions>;
type Settings = z.output<typeof simulateOptions>;

/** What a simulation has tried. */
export interface SimulationReport {
  /** Disturbed runs that ended as the undisturbed one. */
  readonly runs: number;
  /** Requests of the undisturbed run: points at which a fault can happen. */
  readonly points: number;
  /** Faults that happened, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly outcome: Outcome;
}

/** Small enough that a few hundred rows make many turns, epochs and snapshots. */
const TASK = { batchRows: 16, epochRows: 48, epochTime: 200, snapshotEvery: 3, publishBytes: 512 };

/**
 * Runs a pipeline in one process, with virtual time and a broker in memory, first undisturbed and then again and again with faults: processes die before and after every kind of request,
 * requests are delayed, lost and overtaken, tasks move between workers while their old owners still run. Committed output (key, value, headers, timestamp per partition), state and
 * counters must end as in the undisturbed run. Everything is repeatable: a seed always gives the same run.
 *
 * Time comes from the task's clock, randomness from seeds, and inputs stand in their topics from the beginning. Steps that wait for real timers or connections cannot be simulated.
 *
 * @throws MillraceError of a run that failed, or DIVERGED for one that ended differently. Its message names the difference, and in one line the few faults that bring it about.
 *
 * @example
 * await simulate(pipeline, { inputs: { readings: [jsonRecords(rows, { key: 'station', timestamp: 'at' })] }, seeds: 100 });
 */
export async function simulate(pipeline: Pipeline, options: SimulateOptions): Promise<SimulationReport> {
  const settings = parseOptions('simulate', simulateOptions, options);
  const simulator = new Simulator(pipeline, settings);
  const undisturbed = await simulator.run([]);
  if (undisturbed.outcome === undefined) throw undisturbed.failure;
  const counts: Partial<Record<FaultKind, number>> = {};
  let runs = 0;
  for (const { name, plan } of plansOf(settings, undisturbed.points)) {
    const run = await simulator.runPlan(plan());
    if (problemOf(run, undisturbed.outcome) !== undefined) throw await explain(simulator, name, run, undisturbed.outcome);
    for (const { kind } of run.faults) counts[kind] = (counts[kind] ?? 0) + 1;
    runs++;
  }
  return { runs, points: undisturbed.points, faults: counts, outcome: undisturbed.outcome };
}

class Simulator {
  readonly #pipeline: Pipeline;
  readonly #settings: Settings;

  constructor(pipeline: Pipeline, settings: Settings) {
    this.#pipeline = pipeline;
    this.#settings = settings;
  }

  run(faults: readonly Fault[]): Promise<SimulatedRun> {
    return this.runPlan(fixedPlan(faults));
  }

  runPlan(plan: ReturnType<typeof fixedPlan>): Promise<SimulatedRun> {
    const { inputs, workers, task, store = memoryStore } = this.#settings;
    const options = parseOptions('task', taskOptions, { ...TASK, ...task });
    return runSimulation({ pipeline: this.#pipeline, inputs, workers, options, plan, store });
  }
}

interface NamedPlan {
  readonly name: string;
  readonly plan: () => ReturnType<typeof fixedPlan>;
}

function plansOf(settings: Settings, points: number): readonly NamedPlan[] {
  if (settings.faults !== undefined) {
    const faults = parseFaults(settings.faults);
    return [{ name: 'these faults', plan: () => fixedPlan(faults) }];
  }
  if (settings.sweep) {
    const kills = (['kill-before', 'kill-after'] as const).flatMap((kind) =>
      Array.from({ length: points }, (_, at) => ({ kind, point: at + 1 })),
    );
    return kills.map((fault) => ({ name: formatFaults([fault]), plan: () => fixedPlan([fault]) }));
  }
  const rates = ratesOf(settings, points);
  const most = Math.ceil(1.5 * (settings.kill + settings.rebalance + settings.duplicate));
  return Array.from({ length: settings.seeds }, (_, index) => {
    const seed = settings.seed + index;
    return { name: `seed ${seed}`, plan: () => randomPlan(seed, rates, most) };
  });
}

function ratesOf({ kill, rebalance, duplicate, delay, reorder }: Settings, points: number): FaultRates {
  const half = (perRun: number) => Math.min(perRun / 2 / Math.max(points, 1), 0.4);
  return {
    'kill-before': half(kill),
    'kill-after': half(kill),
    move: half(rebalance),
    seize: half(rebalance),
    refuse: half(duplicate),
    lose: half(duplicate),
    delay,
    cut: delay,
    reorder,
  };
}

/** What is wrong with a run, or undefined. */
function problemOf(run: SimulatedRun, expected: Outcome): string | undefined {
  if (run.outcome === undefined) return run.failure?.describe() ?? 'the run failed';
  return compareOutcomes(expected, run.outcome)[0];
}

/** The error for a run that failed: the smallest list of faults that brings a failure about, and what it leads to. */
async function explain(simulator: Simulator, name: string, run: SimulatedRun, expected: Outcome): Promise<MillraceError> {
  const fails = async (faults: readonly Fault[]) => problemOf(await simulator.run(faults), expected) !== undefined;
  const faults = await shrink(run.faults, fails);
  const smallest = await simulator.run(faults);
  const problem = problemOf(smallest, expected) ?? problemOf(run, expected);
  const places = smallest.faults.map(({ kind, place }) => `${kind} at ${place}`).join('; ');
  const failure = smallest.failure ?? run.failure;
  const line = `${name} failed: ${problem}; reproduce with simulate(pipeline, { inputs, faults: '${formatFaults(faults)}' })`;
  return new MillraceError(failure?.code ?? 'DIVERGED', line, { step: failure?.step, hint: places, cause: failure });
}
