import type { Home } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { isBroadcast } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import { topicsOf } from './input-topics.ts';
import { planPartitions, type TaskPlan } from './plan.ts';
import { readOnlyHome } from './read-only-home.ts';
import type { TaskClock } from './system-clock.ts';
import type { TaskPool } from './task-pool.ts';

/** What an assigner needs. */
export interface AssignerSetting {
  readonly home: Home;
  readonly pipeline: Pipeline;
  readonly clock: TaskClock;
  /** Share the tasks with other processes. */
  readonly group: boolean;
  /** How often topics and partitions are looked for, ms; 0 for never. */
  readonly discoverEvery: number;
  readonly onNotice: (notice: string) => void;
}

/**
 * Says which tasks run in this process: all of them, or those that the consumer group gives to it. Looks now and then whether topics that match a pattern, or partitions, have appeared.
 */
export class TaskAssigner {
  readonly #setting: AssignerSetting;
  readonly #pool: TaskPool;
  #plan: TaskPlan;
  #tasks: readonly number[] = [];
  #told = '';

  constructor(setting: AssignerSetting, pool: TaskPool, plan: TaskPlan) {
    this.#setting = setting;
    this.#pool = pool;
    this.#plan = plan;
  }

  /** Assigns until `stop`; returns how to leave the group, which is to be called when the tasks have stopped. */
  start(stop: AbortSignal): () => void {
    const { group, discoverEvery } = this.#setting;
    const leave = group ? this.#join() : () => {};
    if (!group) this.#assign(Array.from({ length: this.#plan.tasks }, (_, task) => task));
    if (discoverEvery > 0) this.#discover(stop).catch((thrown) => this.#pool.fail(thrown));
    return leave;
  }

  #assign(tasks: readonly number[]): void {
    this.#tasks = tasks;
    this.#pool.assign(this.#plan, tasks);
  }

  #join(): () => void {
    const { home, pipeline, onNotice } = this.#setting;
    if (home.assignments === undefined) {
      throw new MillraceError('INVALID_OPTION', `processes cannot share tasks in ${home.address}`, {
        hint: 'a group needs Kafka: give brokers, or use workers to spread tasks over threads',
      });
    }
    const shared = Object.values<Input>(this.#plan.pipeline.sources).filter((input) => !isBroadcast(input));
    const topics = shared.flatMap((input) => topicsOf(input).map(({ name }) => name));
    const subscription = home.assignments(pipeline.name, topics).subscribe({
      next: async (tasks) => {
        if (tasks.some((task) => task >= this.#plan.tasks)) await this.#look();
        onNotice(tasks.length === 0 ? 'no task runs here' : `tasks ${tasks.join(', ')} of ${this.#plan.tasks} run here`);
        this.#assign(tasks);
      },
      error: (thrown) => this.#pool.fail(thrown),
    });
    return () => subscription.unsubscribe();
  }

  async #discover(stop: AbortSignal): Promise<void> {
    const { clock, discoverEvery, group } = this.#setting;
    while (!stop.aborted) {
      await clock.sleep(discoverEvery, stop);
      if (stop.aborted || !(await this.#look())) continue;
      // Who runs a new partition's task is for the group to say.
      this.#assign(group ? this.#tasks : Array.from({ length: this.#plan.tasks }, (_, task) => task));
    }
  }

  /** Plans anew; true when that came to something else. */
  async #look(): Promise<boolean> {
    const { home, pipeline } = this.#setting;
    let plan: TaskPlan;
    try {
      plan = await planPartitions(readOnlyHome(home), { ...pipeline, feeds: {} });
    } catch (thrown) {
      // The tasks go on as they are: partitions are being added one topic after the other, or the brokers are away.
      this.#tell(`inputs are left as they are: ${MillraceError.from(thrown, 'INTERNAL').describe()}`);
      return false;
    }
    const changes = changesOf(this.#plan, plan);
    if (changes.length === 0) return false;
    this.#tell(changes.join('; '));
    this.#plan = plan;
    return true;
  }

  /** Tells a notice once. */
  #tell(notice: string): void {
    if (notice !== this.#told) this.#setting.onNotice(notice);
    this.#told = notice;
  }
}

function changesOf(before: TaskPlan, after: TaskPlan): readonly string[] {
  const topics = Object.entries(after.found).flatMap(([input, names]) => {
    const known = before.found[input] ?? [];
    const joined = names.filter((name) => !known.includes(name));
    const left = known.filter((name) => !names.includes(name));
    return [
      ...(joined.length > 0 ? [`input '${input}' now also reads ${joined.join(', ')}`] : []),
      ...(left.length > 0 ? [`input '${input}' has lost ${left.join(', ')}`] : []),
    ];
  });
  const inputs = new Set(Object.values<Input>(after.pipeline.sources).flatMap((input) => topicsOf(input).map(({ name }) => name)));
  const grown = [...after.partitions].flatMap(([name, count]) => {
    const had = before.partitions.get(name) ?? count;
    const warning = inputs.has(name) ? '; keys that move begin with new state' : '';
    return had === count ? [] : [`topic '${name}' has grown from ${had} to ${count} partitions${warning}`];
  });
  return [...topics, ...grown];
}
