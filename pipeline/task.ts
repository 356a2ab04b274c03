import type { CommitRecord, Home, JournalEntry, OutputRecords, Position, ReadBudget, Snapshot } from '../connectors/index.ts';
import { MillraceError, type StateCell, streamBatch } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { type EpochClose, EpochWriter } from './epoch-writer.ts';
import { Graph } from './graph.ts';
import { InputMerge, type Stretch } from './input-merge.ts';
import { newestCommit } from './ownership.ts';
import { Rejects } from './rejects.ts';
import { type RerunParts, rerunCommitted } from './rerun.ts';
import { type RestoreConsent, restoreCells } from './restore-cells.ts';
import { isSavepointState } from './savepoints.ts';
import { Sending } from './sending.ts';
import { describeChange, isChanged, recountedSteps, type StateChange, UNCHANGED } from './state-change.ts';
import type { TaskClock } from './system-clock.ts';
import { TaskInput } from './task-input.ts';
import { inputPlaces, withoutLostTopics } from './task-inputs.ts';
import type { TaskOptions } from './task-options.ts';
import { TaskSinks } from './task-sinks.ts';
import { taskCells } from './task-state.ts';
import { type TaskSummary, taskSummary } from './task-summary.ts';
import type { OnPublish } from './topic-output.ts';
import { type HighestTimes, turnBatches, watermarkCell } from './turn.ts';

/** Where a task begins. */
interface InputStart {
  readonly snapshot: Snapshot | undefined;
  /** How far it has been before. */
  readonly committed: CommitRecord['positions'] | undefined;
  readonly journal: readonly JournalEntry[] | undefined;
}

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
  /** What may be lost when the pipeline has changed since its snapshot. */
  readonly consent?: RestoreConsent;
  /** Told what a restored task keeps and drops. */
  readonly onNotice?: (notice: string) => void;
  /** Told of all records put out, also while a re-run is muted. */
  readonly onPublish?: OnPublish;
  /** Whether nothing more is to come into the inputs than what is there. */
  readonly inputEnds?: () => boolean;
  /** Drained inputs stop the task instead of ending it. */
  readonly resumable?: boolean;
  /** Runs committed rows again in place of the recovery, which runs those since the snapshot and compares what comes out. */
  readonly rerun?: (parts: RerunParts) => Promise<void>;
  /** Rows, by ordinal, that are pushed one by one: a turn over them failed, and its first bad row is looked for. */
  readonly suspects?: OrdinalRange;
}

/** Rows from `from` on, before `to`. */
export interface OrdinalRange {
  readonly from: number;
  readonly to: number;
}

/** The name under which a task's commits and snapshots are kept. */
export const taskName = (pipeline: string, partition: number) => `${pipeline}/${partition}`;

/** Journal entries of inputs take about this many bytes each. */
const ENTRY_BYTES = 80;

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
  readonly #epochs: EpochWriter;
  readonly #sending = new Sending();
  #inputs: TaskInput[] = [];
  #prefetchBytes = 0;
  #merge!: InputMerge;
  /** The commit record that this opening found. */
  #before: CommitRecord | undefined;
  #turns = 0;
  #opened = 0;
  #epochStart = 0;
  #epochRows = 0;
  /** The task goes on from a commit and has added nothing yet: its first turn is committed at once, so that readers wait no longer than they must. */
  #recovered = false;
  /** The state comes from a savepoint, of which steps that have changed keep what fits. */
  #adopts = false;
  /** Rows being pushed, for whoever wants to know where it failed. */
  running: OrdinalRange | undefined;

  constructor(setting: TaskSetting) {
    const { pipeline, partition, clock } = setting;
    this.#setting = setting;
    this.name = taskName(pipeline.name, partition);
    this.#sinks = new TaskSinks(pipeline, partition, setting.partitions, setting.onPublish);
    this.#graph = new Graph(pipeline, clock, this.#sinks.inlets(), (notice) => this.#notice(notice));
    for (const name of Object.keys(pipeline.sources)) {
      this.#graph.steps.declare(`source ${name}`, { left: ['records'], right: ['decoded', 'rejected'] });
    }
    this.#cells = new Map([...taskCells(this.#graph.steps), ['[watermarks]', watermarkCell(this.#highest)]]);
    this.#epochs = new EpochWriter(this.name, setting, this.#cells);
  }

  /** The newest commit record, or undefined before the first. */
  get committed(): CommitRecord | undefined {
    return this.#epochs.record;
  }

  /** The newest commit record that was sent, or undefined before the first. */
  get attempted(): CommitRecord | undefined {
    return this.#epochs.attempted;
  }

  /** Ordinal that the next row will have. */
  get nextOrdinal(): number {
    return this.#merge.nextOrdinal;
  }

  /** How far each input was read. */
  get positions(): Readonly<Record<string, Position>> {
    return this.#merge.positions;
  }

  /** Records known to wait. */
  get lag(): number {
    return this.#merge?.lag ?? 0;
  }

  get #exactlyOnce(): boolean {
    return this.#setting.options.guarantee === 'exactlyOnce';
  }

  /** What the task has done so far, committed or not. */
  summary(): TaskSummary {
    const before = (this.#before?.summary as TaskSummary | undefined)?.seconds ?? 0;
    return taskSummary(this.#graph.steps, before + (this.#setting.clock.now() - this.#opened) / 1000);
  }

  /** Takes the task over from older owners, restores its state and re-runs the epochs since the snapshot. */
  async open(): Promise<CommitRecord | undefined> {
    const record = await this.#epochs.open();
    this.#opened = this.#setting.clock.now();
    this.#before = record;
    if (record?.ended) return record;
    const snapshot = record === undefined || record.snapshotEpoch === 0 ? undefined : await this.#readSnapshot(record);
    if (snapshot !== undefined) this.#epochs.restored(snapshot);
    const change = snapshot === undefined || record === undefined ? UNCHANGED : await this.#restore(snapshot, record);
    // At least once: the rows since the snapshot are simply new ones, so nothing is repeated from the journal either.
    const repeated = this.#exactlyOnce && record !== undefined ? withoutLostTopics(this.#setting.pipeline, record, snapshot) : undefined;
    const { journal } = this.#graph.steps;
    journal.recall(repeated?.journal ?? []);
    await this.#openInputs({ snapshot, committed: record?.positions, journal: repeated?.journal });
    if (this.#adopts) await this.#announceColumns();
    await this.#sinks.open(this.name, record?.epoch);
    if (repeated !== undefined) await this.#repeat(repeated, change);
    journal.goLive();
    this.#recovered = record !== undefined;
    this.#epochStart = this.#setting.clock.now();
    return record;
  }

  async #restore(snapshot: Snapshot, record: CommitRecord): Promise<StateChange> {
    const { consent, home } = this.#setting;
    const adopts = consent?.savepoint !== undefined && (await isSavepointState(home, record, consent.savepoint));
    const change = restoreCells(this.#cells, snapshot, consent, adopts);
    this.#adopts = adopts;
    if (!isChanged(change)) return change;
    const { ledger, ids } = this.#graph.steps;
    const recounted = recountedSteps(change);
    const known = new Set(ids.filter((step) => !recounted.has(step)));
    ledger.retain((step) => known.has(step) || /^(source|sink) /.test(step));
    for (const line of describeChange(change)) this.#notice(line);
    return change;
  }

  #notice(text: string): void {
    this.#setting.onNotice?.(`task ${this.name}: ${text}`);
  }

  /** Steps that have taken rows over from a savepoint learn the columns to come before any row comes: of rows that are held they may have been others. */
  async #announceColumns(): Promise<void> {
    await this.#graph.push(this.#inputs.map((input) => ({ input: input.name, batch: streamBatch(input.empty) })));
  }

  async #readSnapshot(record: CommitRecord): Promise<Snapshot> {
    const snapshot = await this.#setting.home.epochs.readSnapshot(this.name, record.snapshotEpoch);
    if (snapshot !== undefined) return snapshot;
    const newest = await newestCommit(this.#setting.home, this.name);
    if (newest !== undefined && newest.epoch > record.epoch) {
      throw new MillraceError('FENCED', `task ${this.name} was taken over by another owner while it was being restored`, {
        hint: `it has committed epoch ${newest.epoch} since and dropped the snapshot of epoch ${record.snapshotEpoch}`,
      });
    }
    throw new MillraceError('STORE_DAMAGED', `the snapshot of epoch ${record.snapshotEpoch} of task ${this.name} is gone`, {
      hint: `${this.#setting.home.address} was changed by another program; begin anew with --fresh`,
    });
  }

  /** Opens them where the snapshot was taken; the journal of the rows since then is given where these are repeated. */
  async #openInputs({ snapshot, committed, journal }: InputStart): Promise<void> {
    const { pipeline, partition, home } = this.#setting;
    const places = await inputPlaces({ pipeline, home, task: partition, snapshot, committed });
    this.#prefetchBytes = Math.max(1, Math.floor(this.#setting.options.prefetchBytes / places.length));
    for (const place of places) {
      // Known before it is opened: a source that fails half-way has to be closed too, or its threads and sockets keep the process alive.
      this.#inputs.push(new TaskInput(place));
      await place.source.open(place.partition, place.position, this.#prefetchBytes);
    }
    this.#merge = new InputMerge(this.#inputs, { nextOrdinal: snapshot?.nextOrdinal ?? 0, replay: journal });
  }

  /** Runs the committed rows since the snapshot again. */
  async #repeat(record: CommitRecord, change: StateChange): Promise<void> {
    const { rerun } = this.#setting;
    const parts: RerunParts = {
      task: this.name,
      merge: this.#merge,
      sinks: this.#sinks,
      cells: this.#cells,
      refitted: this.#graph.steps.refitted,
      budget: (until) => this.#budget(until),
      run: (turn) => this.#epochs.cadence.work(() => this.#run(turn)),
    };
    if (rerun === undefined) await rerunCommitted(parts, record, change);
    else await rerun(parts);
    this.#rejects.take();
    this.#epochRows = 0;
  }

  /** Waits for inputs no longer: the turn at hand ends as an idle one unless it has rows. */
  interrupt(): void {
    this.#merge.interrupt();
  }

  /** One turn: `'idle'` when there was nothing to do, `'end'` when the input has truly ended. Commits when an epoch is due. */
  async turn(): Promise<'rows' | 'idle' | 'end'> {
    if (await this.#gathered()) {
      await this.#commit('due');
      return 'rows';
    }
    const turn = await this.#merge.next(this.#turnRows(), () => this.#budget());
    if (typeof turn === 'string') {
      if (this.#turns > 0 && (this.#exactlyOnce || this.#due)) await this.#commit('due');
      await this.#sending.settle();
      return turn;
    }
    await this.#epochs.cadence.work(() => this.#run(turn));
    // With rows that are out already, nobody waits for a commit.
    if (this.#due || (this.#exactlyOnce && this.#merge.drained && !this.#sending.busy)) await this.#commit('due');
    return 'rows';
  }

  /** Rows that wait behind a commit under way are joined by those that come meanwhile. True when it is through before any came: theirs can begin. */
  async #gathered(): Promise<boolean> {
    if (!this.#exactlyOnce || this.#turns === 0 || !this.#sending.busy) return false;
    while (this.#sending.busy && this.#merge.drained) {
      await Promise.race([this.#sending.settle(), this.#merge.arrival(() => this.#budget())]);
    }
    return this.#merge.drained;
  }

  get #due(): boolean {
    const { epochTime, epochRows, epochBytes } = this.#setting.options;
    if (this.#recovered || this.#epochRows >= epochRows || this.#sinks.pendingBytes >= epochBytes) return true;
    return this.#setting.clock.now() - this.#epochStart >= epochTime;
  }

  /** What an input is asked for: its share of what the task may read ahead. */
  #budget(until?: Position): ReadBudget {
    const { options, inputEnds } = this.#setting;
    const drain = inputEnds?.() === true;
    return { rows: options.batchRows, bytes: this.#prefetchBytes, drain, ...(until === undefined ? {} : { until }) };
  }

  #turnRows(): number {
    const { options, suspects } = this.#setting;
    const next = this.#merge.nextOrdinal;
    if (suspects === undefined || next >= suspects.to) return options.batchRows;
    return next >= suspects.from ? 1 : Math.min(options.batchRows, suspects.from - next);
  }

  async #run(turn: readonly Stretch[]): Promise<void> {
    // Positions that only pass a broker's markers are no reason to commit.
    if (turn.some(({ taken }) => taken.records > 0)) this.#turns++;
    for (const { input, taken } of turn) {
      const source = `source ${input.name}`;
      this.#graph.steps.ledger.add(source, 'records', taken.records);
      this.#graph.steps.ledger.add(source, 'decoded', taken.decoded);
      this.#graph.steps.ledger.add(source, 'rejected', taken.rejects.length);
      this.#epochRows += taken.to - taken.from;
    }
    this.running = { from: turn[0]?.firstOrdinal ?? 0, to: this.#merge.nextOrdinal };
    await this.#graph.push(turnBatches(turn, this.#highest));
    this.running = undefined;
    this.#rejects.addTurn(turn, this.#graph.steps.takeRejections());
    await this.#arrive();
  }

  async #arrive(): Promise<void> {
    await this.#sinks.settle();
    for (const [sink, rows] of this.#sinks.takeCounts()) this.#graph.steps.ledger.add(`sink ${sink}`, 'out', rows);
    if (this.#exactlyOnce) return this.#publishAhead();
    const outputs = this.#takeOutputs();
    for (const { topic, partition, records } of outputs) await this.#setting.home.topics.append(topic, partition, records);
    this.#sinks.recycle(outputs);
  }

  /** Outputs need not wait for their commit where the home can keep them from readers until then. */
  async #publishAhead(): Promise<void> {
    const { epochs } = this.#setting.home;
    if (epochs.publish === undefined || this.#sinks.pendingBytes < this.#setting.options.publishBytes) return;
    const outputs = this.#takeOutputs();
    await this.#sending.start(async () => epochs.publish?.(this.name, outputs));
  }

  /** An orderly stop: commits what was done since the last commit, with a snapshot unless that is the newest commit already. */
  async stop(): Promise<void> {
    await this.#sending.settle();
    if (this.#turns > 0 || this.#epochs.stopDue) await this.#commit('stop');
  }

  /** The input has truly ended: operators put out what they hold, and the last epoch is committed as such. */
  async finish(): Promise<void> {
    await this.#graph.complete();
    this.#rejects.addTurn([], this.#graph.steps.takeRejections());
    await this.#arrive();
    await this.#commit('end');
  }

  /** Commits the epoch. The task goes on with the next rows as soon as the commit is under way; the next commit waits for it. */
  async #commit(close: EpochClose): Promise<void> {
    const { steps } = this.#graph;
    await this.#sending.settle();
    steps.ledger.check();
    const epoch = (this.committed?.epoch ?? 0) + 1;
    await this.#sinks.prepare(epoch);
    const outputs = this.#takeOutputs();
    const commit = this.#epochs.commit({
      close,
      point: { positions: this.#merge.positions, nextOrdinal: this.#merge.nextOrdinal },
      outputs,
      journalBytes: this.#merge.journal.length * ENTRY_BYTES + steps.journal.bytes,
      restart: () => {
        this.#merge.restartJournal();
        steps.journal.restart();
        this.#sinks.published.restart();
      },
      journal: () => [...this.#merge.journal, ...steps.journal.entries],
      published: () => (this.#exactlyOnce ? this.#sinks.published.toJSON() : {}),
      summary: { ...this.summary() },
    });
    await this.#sending.start(async () => {
      await commit;
      this.#sinks.recycle(outputs);
    });
    // Sinks outside of the home take no rows between their two phases.
    if (close !== 'due' || !this.#sinks.onlyTopics) {
      await this.#sending.settle();
      await this.#sinks.commit(epoch);
    }
    this.#turns = 0;
    this.#epochRows = 0;
    this.#epochStart = this.#setting.clock.now();
    this.#recovered = false;
  }

  #takeOutputs(): readonly OutputRecords[] {
    const { pipeline, partition, partitions } = this.#setting;
    const records = this.#rejects.take();
    if (records === undefined) return this.#sinks.takeOutputs();
    const to = partition % (partitions.get(pipeline.rejects) ?? 1);
    return [...this.#sinks.takeOutputs(), { topic: pipeline.rejects, partition: to, records }];
  }

  async close(): Promise<void> {
    for (const input of this.#inputs) await input.close();
    this.#inputs = [];
    this.#graph.close();
    await this.#sinks.close();
    await this.#sending.settle().catch(() => {});
    await this.#setting.home.epochs.release(this.name);
  }
}
