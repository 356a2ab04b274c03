import type { TypeMap } from '../columnar/index.ts';
import type { CommitRecord, Home, Position, ReadBudget, Snapshot, Source } from '../connectors/index.ts';
import { MillraceError, type StateCell } from '../streams/index.ts';
import type { Input, Pipeline } from './definition.ts';
import { Graph } from './graph.ts';
import { InputMerge, type Stretch } from './input-merge.ts';
import { Rejects } from './rejects.ts';
import type { TaskClock } from './system-clock.ts';
import { TaskInput } from './task-input.ts';
import type { TaskOptions } from './task-options.ts';
import { TaskSinks } from './task-sinks.ts';
import { differingSteps, digestOf, restoreCells, snapshotCells, taskCells } from './task-state.ts';
import { type TaskSummary, taskSummary } from './task-summary.ts';
import { type HighestTimes, turnBatches } from './turn.ts';

/** What a task needs to run. */
export interface TaskSetting {
  readonly pipeline: Pipeline;
  /** The partition number that the task reads of every input. */
  readonly partition: number;
  readonly home: Home;
  readonly clock: TaskClock;
  readonly options: TaskOptions;
  /** Partitions of each topic that the pipeline writes. */
  readonly partitions: ReadonlyMap<string, number>;
}

/** The name under which a task's commits and snapshots are kept. */
export const taskName = (pipeline: string, partition: number) => `${pipeline}/${partition}`;

/**
 * One opening of a task: one partition number over all inputs, run turn by turn. It pushes the rows of a turn through the graph, waits until all of them have arrived, and
 * commits outputs, positions, state digest and (now and then) a snapshot together at the end of each epoch.
 */
export class Task {
  readonly name: string;
  readonly #setting: TaskSetting;
  readonly #graph: Graph;
  readonly #sinks: TaskSinks;
  readonly #rejects = new Rejects();
  readonly #highest: HighestTimes = new Map();
  readonly #cells: ReadonlyMap<string, StateCell>;
  #inputs: TaskInput[] = [];
  #merge!: InputMerge;
  /** The commit record that this opening found. */
  #before: CommitRecord | undefined;
  #record: CommitRecord | undefined;
  #turns = 0;
  #opened = 0;
  #epochStart = 0;
  #epochRows = 0;

  constructor(setting: TaskSetting) {
    const { pipeline, partition, clock } = setting;
    this.#setting = setting;
    this.name = taskName(pipeline.name, partition);
    this.#sinks = new TaskSinks(pipeline, partition, setting.partitions);
    this.#graph = new Graph(pipeline, clock, this.#sinks.inlets());
    for (const name of Object.keys(pipeline.sources)) {
      this.#graph.steps.declare(`source ${name}`, { left: ['records'], right: ['decoded', 'rejected'] });
    }
    this.#cells = new Map([...taskCells(this.#graph.steps), ['[watermarks]', watermarkCell(this.#highest)]]);
  }

  /** The newest commit record, or undefined before the first. */
  get committed(): CommitRecord | undefined {
    return this.#record;
  }

  /** How far each input was read. */
  get positions(): Readonly<Record<string, Position>> {
    return this.#merge.positions;
  }

  /** Records known to wait. */
  get lag(): number {
    return this.#merge?.lag ?? 0;
  }

  /** What the task has done so far, committed or not. */
  summary(): TaskSummary {
    const before = (this.#before?.summary as TaskSummary | undefined)?.seconds ?? 0;
    return taskSummary(this.#graph.steps, before + (this.#setting.clock.now() - this.#opened) / 1000);
  }

  /** Takes the task over from older owners, restores its state and re-runs the epochs since the snapshot. */
  async open(): Promise<CommitRecord | undefined> {
    const { home } = this.#setting;
    const record = await home.epochs.open(this.name);
    this.#opened = this.#setting.clock.now();
    this.#before = record;
    this.#record = record;
    if (record?.ended) return record;
    const snapshot = record === undefined || record.snapshotEpoch === 0 ? undefined : await this.#readSnapshot(record);
    if (snapshot !== undefined) restoreCells(this.#cells, snapshot);
    await this.#openInputs(snapshot, record);
    await this.#sinks.open(this.name, record?.epoch);
    if (record !== undefined) await this.#repeat(record);
    this.#epochStart = this.#setting.clock.now();
    return record;
  }

  async #readSnapshot(record: CommitRecord): Promise<Snapshot> {
    const snapshot = await this.#setting.home.epochs.readSnapshot(this.name, record.snapshotEpoch);
    if (snapshot !== undefined) return snapshot;
    throw new MillraceError('STORE_DAMAGED', `the snapshot of epoch ${record.snapshotEpoch} of task ${this.name} is gone`, {
      hint: `${this.#setting.home.address} was changed by another program; begin anew with --fresh`,
    });
  }

  async #openInputs(snapshot: Snapshot | undefined, record: CommitRecord | undefined): Promise<void> {
    const { pipeline, partition } = this.#setting;
    for (const [name, definition] of Object.entries<Input>(pipeline.sources)) {
      const source = this.#createSource(definition);
      const position: Position = snapshot?.positions[name] ?? {};
      await source.open(partition, snapshot === undefined ? undefined : position);
      this.#inputs.push(new TaskInput(name, source, position, definition.allowedLateness));
    }
    this.#merge = new InputMerge(this.#inputs, { nextOrdinal: snapshot?.nextOrdinal ?? 0, replay: record?.journal });
  }

  #createSource(definition: Input): Source<TypeMap> {
    return definition.kind === 'topic' ? this.#setting.home.source(definition, this.#setting.pipeline.name) : definition.create();
  }

  /** Re-runs the committed rows since the snapshot with sinks muted, and compares the state with what was committed. */
  async #repeat(record: CommitRecord): Promise<void> {
    this.#sinks.muted = true;
    while (this.#merge.nextOrdinal < record.nextOrdinal || !samePositions(this.#merge.positions, record.positions)) {
      const turn = await this.#merge.next(this.#setting.options.batchRows, (input) => this.#budget(record.positions[input.name]));
      if (typeof turn !== 'string') await this.#run(turn);
      else if (turn === 'end') break;
    }
    this.#merge.goLive();
    this.#rejects.take();
    const differing = differingSteps(digestOf(snapshotCells(this.#cells)), record.digest);
    if (differing.length > 0) {
      throw new MillraceError('DIVERGED', `re-running epoch ${record.epoch} of task ${this.name} gave another state`, {
        step: differing[0],
        hint: `${differing.join(', ')} depends on more than its rows (a clock, a random number, the environment), or the code has changed`,
      });
    }
    this.#sinks.muted = false;
    this.#epochRows = 0;
  }

  #budget(until?: Position): ReadBudget {
    const { batchRows, prefetchBytes } = this.#setting.options;
    return { rows: batchRows, bytes: prefetchBytes, ...(until === undefined ? {} : { until }) };
  }

  /** One turn: `'idle'` when there was nothing to do, `'end'` when the input has truly ended. Commits when an epoch is due. */
  async turn(): Promise<'rows' | 'idle' | 'end'> {
    const turn = await this.#merge.next(this.#setting.options.batchRows, () => this.#budget());
    if (typeof turn === 'string') {
      await this.commitPending();
      return turn;
    }
    await this.#run(turn);
    const { epochTime, epochRows } = this.#setting.options;
    if (this.#epochRows >= epochRows || this.#setting.clock.now() - this.#epochStart >= epochTime) await this.#commit(false);
    return 'rows';
  }

  async #run(turn: readonly Stretch[]): Promise<void> {
    this.#turns++;
    for (const { input, taken } of turn) {
      const source = `source ${input.name}`;
      this.#graph.steps.ledger.add(source, 'records', taken.records);
      this.#graph.steps.ledger.add(source, 'decoded', taken.decoded);
      this.#graph.steps.ledger.add(source, 'rejected', taken.rejects.length);
      this.#epochRows += taken.to - taken.from;
    }
    await this.#graph.push(turnBatches(turn, this.#highest));
    this.#rejects.addTurn(turn, this.#graph.steps.takeRejections());
    await this.#arrive();
  }

  async #arrive(): Promise<void> {
    await this.#sinks.settle();
    for (const [sink, rows] of this.#sinks.takeCounts()) this.#graph.steps.ledger.add(`sink ${sink}`, 'out', rows);
  }

  /** Commits what was done since the last commit, if anything was. */
  async commitPending(): Promise<void> {
    if (this.#turns > 0) await this.#commit(false);
  }

  /** The input has truly ended: operators put out what they hold, and the last epoch is committed as such. */
  async finish(): Promise<void> {
    await this.#graph.complete();
    this.#rejects.addTurn([], this.#graph.steps.takeRejections());
    await this.#arrive();
    await this.#commit(true);
  }

  async #commit(ended: boolean): Promise<void> {
    const { home, pipeline, clock, options } = this.#setting;
    this.#graph.steps.ledger.check();
    const epoch = (this.#record?.epoch ?? 0) + 1;
    const cells = snapshotCells(this.#cells);
    const snapshotDue = ended || epoch - (this.#record?.snapshotEpoch ?? 0) >= options.snapshotEvery;
    if (snapshotDue) this.#merge.restartJournal();
    const { positions, nextOrdinal, journal } = this.#merge;
    const outputs = [...(await this.#sinks.prepare(epoch))];
    const rejected = this.#rejects.take();
    if (rejected !== undefined) outputs.push({ topic: pipeline.rejects, partition: this.#rejectsPartition(), records: rejected });
    const record: CommitRecord = {
      version: 1,
      task: this.name,
      epoch,
      positions,
      nextOrdinal,
      digest: digestOf(cells),
      snapshotEpoch: snapshotDue ? epoch : (this.#record?.snapshotEpoch ?? 0),
      journal,
      ended,
      committedAt: clock.now(),
      summary: { ...this.summary() },
    };
    await home.epochs.commit({ record, outputs, ...(snapshotDue ? { snapshot: { epoch, positions, nextOrdinal, cells } } : {}) });
    this.#record = record;
    await this.#sinks.commit(epoch);
    this.#turns = 0;
    this.#epochRows = 0;
    this.#epochStart = clock.now();
  }

  #rejectsPartition(): number {
    return this.#setting.partition % (this.#setting.partitions.get(this.#setting.pipeline.rejects) ?? 1);
  }

  async close(): Promise<void> {
    for (const input of this.#inputs) await input.close();
    this.#inputs = [];
    this.#graph.close();
    await this.#sinks.close();
    await this.#setting.home.epochs.release(this.name);
  }
}

function watermarkCell(highest: HighestTimes): StateCell {
  return {
    version: 1,
    snapshot: (out) => {
      const inputs = [...highest.keys()].sort();
      out.strings(inputs);
      for (const input of inputs) out.number(highest.get(input) as number);
    },
    restore: (input) => {
      highest.clear();
      for (const name of input.strings()) highest.set(name, input.number());
    },
  };
}

function samePositions(a: Readonly<Record<string, Position>>, b: Readonly<Record<string, Position>>): boolean {
  return Object.entries(b).every(([input, position]) =>
    Object.entries(position).every(([stream, offset]) => (a[input]?.[stream] ?? 0) >= offset),
  );
}
