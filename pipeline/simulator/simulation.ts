import type { Home, MemoryStore, RecordColumns } from '../../connectors/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { partitionFor } from '../broadcast.ts';
import type { Input, Pipeline } from '../definition.ts';
import { topicsOf } from '../input-topics.ts';
import { planPartitions, type TaskPlan } from '../plan.ts';
import type { TaskClock } from '../system-clock.ts';
import { type Task, taskName } from '../task.ts';
import type { TaskOptions } from '../task-options.ts';
import { TaskWorker } from '../worker.ts';
import type { FaultPlan } from './faults.ts';
import { type FiredFault, Network, type SimulatedProcess } from './network.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { type Caller, simulatedHome, simulatedPipeline } from './simulated-home.ts';
import { VirtualTime } from './virtual-time.ts';

/** Records of the input topics, one entry per partition. */
export type SimulatedInputs = Readonly<Record<string, readonly RecordColumns[]>>;

export interface SimulationSetting {
  readonly pipeline: Pipeline;
  readonly inputs: SimulatedInputs;
  readonly workers: number;
  readonly options: TaskOptions;
  readonly plan: FaultPlan;
  readonly store: () => MemoryStore;
}

/** How one simulated run went. */
export interface SimulatedRun {
  /** What it has come to; undefined when it failed. */
  readonly outcome: Outcome | undefined;
  readonly failure: MillraceError | undefined;
  /** Requests made: points at which a fault can happen. */
  readonly points: number;
  readonly faults: readonly FiredFault[];
}

/** Virtual time until a dead worker is up again, and until a task without a runner is given to somebody, ms. */
const RESTART = 700;
const REASSIGN = 300;

interface Runner {
  readonly process: SimulatedProcess;
  readonly worker: number;
  readonly stop: AbortController;
}

/** One task of the pipeline: who runs it now, and whether it has ended. */
interface Slot {
  readonly partition: number;
  runner: Runner | undefined;
  ended: boolean;
}

/** Runs a pipeline once over a fresh store, with the faults of a plan. */
export async function runSimulation(setting: SimulationSetting): Promise<SimulatedRun> {
  const store = setting.store();
  const home = store.open();
  for (const [topic, partitions] of Object.entries(setting.inputs)) {
    await home.topics.ensure(topic, { partitions: partitions.length });
    for (const [partition, records] of partitions.entries()) await home.topics.append(topic, partition, records);
  }
  const plan = await planPartitions(home, { ...setting.pipeline, feeds: {} });
  const simulation = new Simulation({ ...setting, pipeline: plan.pipeline }, plan, store);
  const failure = await simulation.run();
  const outcome = failure === undefined ? await readOutcome(home, { ...setting.pipeline, feeds: {} }) : undefined;
  return { outcome, failure, points: simulation.network.points, faults: simulation.network.fired };
}

/** Workers, their tasks, and what becomes of them. */
class Simulation {
  readonly network: Network;
  readonly #setting: SimulationSetting;
  readonly #partitions: ReadonlyMap<string, number>;
  readonly #time = new VirtualTime();
  readonly #slots: Slot[];
  /** The living process of each worker. */
  readonly #processes: SimulatedProcess[];
  readonly #store: MemoryStore;
  #incarnations = 0;
  #failure: MillraceError | undefined;

  constructor(setting: SimulationSetting, plan: TaskPlan, store: MemoryStore) {
    this.#setting = setting;
    this.#store = store;
    this.#partitions = plan.partitions;
    this.#slots = Array.from({ length: plan.tasks }, (_, partition) => ({ partition, runner: undefined, ended: false }));
    this.#processes = Array.from({ length: setting.workers }, (_, worker) => this.#spawn(worker));
    this.network = new Network(this.#time, setting.plan, {
      kill: (process) => this.#kill(process),
      move: (process, task, seize) => this.#move(process, task, seize),
    });
  }

  /** Runs all tasks to their end; returns what went wrong. */
  async run(): Promise<MillraceError | undefined> {
    for (const slot of this.#slots) this.#assign(slot, slot.partition % this.#processes.length);
    try {
      await this.#time.pass(() => this.#failure !== undefined || this.#slots.every(({ ended }) => ended));
    } catch (thrown) {
      this.#failure ??= MillraceError.from(thrown, 'INTERNAL');
    }
    for (const process of this.#processes) process.alive = false;
    return this.#failure;
  }

  #spawn(worker: number): SimulatedProcess {
    return { name: `worker ${worker} (process ${++this.#incarnations})`, alive: true };
  }

  #assign(slot: Slot, worker: number): void {
    const process = this.#processes[worker] as SimulatedProcess;
    const runner: Runner = { process, worker, stop: new AbortController() };
    slot.runner = runner;
    const taskWorker = this.#taskWorker(slot.partition, process);
    taskWorker.run(runner.stop.signal).then(
      (end) => this.#settled(slot, runner, end),
      (thrown) => this.#failed(slot, runner, MillraceError.from(thrown, 'INTERNAL')),
    );
  }

  #taskWorker(partition: number, process: SimulatedProcess): TaskWorker {
    const { pipeline, options } = this.#setting;
    const caller: Caller = { network: this.network, process, time: this.#time, task: taskName(pipeline.name, partition) };
    const home = simulatedHome(this.#store.open(), caller);
    const setting = {
      pipeline: simulatedPipeline(pipeline, caller),
      partition,
      home,
      clock: clockOf(process, this.#time),
      options,
      partitions: this.#partitions,
    };
    return new TaskWorker(
      setting,
      (task) => this.#drained(home, task, partition),
      () => {},
    );
  }

  async #drained(home: Home, task: Task, partition: number): Promise<boolean> {
    const ends = await home.topics.list();
    return Object.entries<Input>(this.#setting.pipeline.sources).every(([name, source]) =>
      topicsOf(source).every(({ name: topic }) => {
        const info = ends.find((candidate) => candidate.topic === topic && candidate.partition === partitionFor(source, partition));
        return info === undefined || (task.positions[name]?.[topic] ?? info.start) >= info.end;
      }),
    );
  }

  #settled(slot: Slot, runner: Runner, end: 'ended' | 'stopped'): void {
    if (!runner.process.alive) return;
    if (end === 'ended') slot.ended = true;
    else if (slot.runner === runner) this.#assign(slot, this.#otherWorker(runner.worker));
  }

  #failed(slot: Slot, runner: Runner, error: MillraceError): void {
    if (!runner.process.alive || slot.ended) return;
    // A store that was not there for a stopping task is no failure of it: it is opened elsewhere.
    const passing = error.code === 'FENCED' || (error.retry === 'backoff' && runner.stop.signal.aborted);
    if (!passing) this.#failure ??= error;
    else if (slot.runner === runner) {
      // Whoever fenced it may be gone by now, so the task must not stay without a runner.
      slot.runner = undefined;
      this.#time.after(REASSIGN, () => this.#reassign(slot, runner.worker));
    }
  }

  #reassign(slot: Slot, worker: number): void {
    if (slot.runner === undefined && !slot.ended) this.#assign(slot, worker);
  }

  #kill(process: SimulatedProcess): void {
    process.alive = false;
    const worker = this.#processes.indexOf(process);
    const orphans = this.#slots.filter(({ runner }) => runner?.process === process);
    for (const slot of orphans) slot.runner = undefined;
    if (worker >= 0) this.#processes[worker] = this.#spawn(worker);
    this.#time.after(RESTART, () => {
      for (const slot of orphans) this.#reassign(slot, Math.max(worker, 0));
    });
  }

  #move(process: SimulatedProcess, task: string, seize: boolean): void {
    const slot = this.#slots.find(({ partition }) => taskName(this.#setting.pipeline.name, partition) === task);
    const runner = slot?.runner;
    if (slot === undefined || runner?.process !== process || slot.ended) return;
    if (seize) this.#assign(slot, this.#otherWorker(runner.worker));
    else runner.stop.abort();
  }

  #otherWorker(worker: number): number {
    return (worker + 1) % this.#processes.length;
  }
}

/** The clock as a process sees it: a dead one never wakes up. */
function clockOf(process: SimulatedProcess, time: VirtualTime): TaskClock {
  return {
    virtual: true,
    now: () => time.now(),
    sleep: async (milliseconds, signal) => {
      await time.sleep(milliseconds, signal);
      if (!process.alive) await new Promise(() => {});
    },
  };
}
