import { describe, expect, it } from 'vitest';
import type { TaskPlan } from '../../pipeline/plan.ts';
import type { GroupResult, RunningTasks } from '../../pipeline/task-group.ts';
import { type PoolSetting, TaskPool } from '../../pipeline/task-pool.ts';
import { addSummaries } from '../../pipeline/task-summary.ts';
import { MillraceError } from '../../streams/index.ts';

const planOf = (topics: readonly string[] = ['a']) =>
  ({ tasks: 9, partitions: new Map([['a', 9]]), found: { in: topics } }) as unknown as TaskPlan;

/** Tasks that run until they are told to stop, or until the test ends them. */
class FakeTasks implements RunningTasks {
  readonly tasks: readonly number[];
  readonly #outcome = Promise.withResolvers<GroupResult>();
  stopped = false;
  ended = false;

  constructor(tasks: readonly number[]) {
    this.tasks = tasks;
  }

  run(stop: AbortSignal): Promise<GroupResult> {
    stop.addEventListener('abort', () => {
      this.stopped = true;
      this.#outcome.resolve(this.#result('stopped'));
    });
    return this.#outcome.promise;
  }

  #result(end: 'ended' | 'stopped'): GroupResult {
    return { ends: this.tasks.map(() => end), summary: addSummaries([]), alreadyEnded: false };
  }

  end(): void {
    this.#outcome.resolve(this.#result('ended'));
  }

  fail(code: 'FENCED' | 'OPERATOR_FAILED'): void {
    this.#outcome.reject(new MillraceError(code, 'as planned'));
  }

  endInput(): void {
    this.ended = true;
  }

  progress() {
    return { summary: addSummaries([]), lag: this.tasks.length };
  }
}

function poolOf(setting: Partial<PoolSetting> = {}) {
  const made: FakeTasks[] = [];
  const pool = new TaskPool({
    spread: async (_plan, tasks) => tasks.map((task) => [task]),
    make: (_plan, tasks) => {
      made.push(new FakeTasks(tasks));
      return made.at(-1) as FakeTasks;
    },
    ...setting,
  });
  const running = () => made.filter(({ stopped }) => !stopped).map(({ tasks }) => tasks.join('+'));
  return { pool, made, running };
}

describe('the tasks of a process', () => {
  it('that stay are not interrupted when others come and go', async () => {
    const { pool, made, running } = poolOf();
    await pool.assign(planOf(), [0, 1, 2]);
    await pool.assign(planOf(), [1, 4]);
    expect(made.map(({ tasks, stopped }) => [...tasks, stopped])).toEqual([
      [0, true],
      [1, false],
      [2, true],
      [4, false],
    ]);
    expect(running()).toEqual(['1', '4']);
    expect(pool.progress().lag).toBe(2);
    pool.endInput();
    expect(made.filter(({ ended }) => ended).map(({ tasks }) => tasks[0])).toEqual([1, 4]);
    pool.stop();
    expect(await pool.done).toMatchObject({ ends: ['stopped', 'stopped'] });
  });

  it('all begin anew when topics have appeared', async () => {
    const { pool, made } = poolOf();
    await pool.assign(planOf(), [0, 1]);
    await pool.assign(planOf(['a', 'b']), [0, 1]);
    expect(made.map(({ tasks, stopped }) => [...tasks, stopped])).toEqual([
      [0, true],
      [1, true],
      [0, false],
      [1, false],
    ]);
  });

  it('are changed one change after the other, also while one is under way', async () => {
    const { pool, running } = poolOf();
    await Promise.all([
      pool.assign(planOf(), [0]),
      pool.assign(planOf(), []),
      pool.assign(planOf(), [3, 0]),
      pool.assign(planOf(), [0, 3]),
    ]);
    expect(running()).toEqual(['3', '0']);
  });

  it('are done when all have ended by themselves; none are never done', async () => {
    const { pool, made } = poolOf();
    await pool.assign(planOf(), []);
    await pool.assign(planOf(), [0, 1]);
    made[0]?.end();
    made[1]?.end();
    expect(await pool.done).toMatchObject({ ends: ['ended', 'ended'] });
  });

  it('fail together: the first failure stops the others', async () => {
    const { pool, made } = poolOf();
    await pool.assign(planOf(), [0, 1]);
    made[0]?.fail('OPERATOR_FAILED');
    await expect(pool.done).rejects.toMatchObject({ code: 'OPERATOR_FAILED' });
    expect(made[1]?.stopped).toBe(true);
    await pool.assign(planOf(), [5]);
    expect(made).toHaveLength(2);
  });

  it('alone, are ended by whoever takes one over', async () => {
    const { pool, made } = poolOf();
    await pool.assign(planOf(), [0, 1]);
    made[1]?.fail('FENCED');
    await expect(pool.done).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('shared, may lose one and get it back; the others go on', async () => {
    const { pool, made, running } = poolOf({ lostPatience: 60_000 });
    await pool.assign(planOf(), [0, 1]);
    made[1]?.fail('FENCED');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await pool.assign(planOf(), [0, 1]);
    expect(made.map(({ tasks }) => tasks[0])).toEqual([0, 1, 1]);
    expect(running()).toEqual(['0', '1']);
    pool.stop();
    expect(await pool.done).toMatchObject({ ends: ['stopped', 'stopped'] });
  });

  it('shared, fail when one was taken over and the group has nothing to say about it', async () => {
    const { pool, made } = poolOf({ lostPatience: 5 });
    await pool.assign(planOf(), [0, 1]);
    made[0]?.fail('FENCED');
    await expect(pool.done).rejects.toMatchObject({ code: 'FENCED' });
  });
});
