import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GroupProgress } from '../../../connectors/kafka/group-progress.ts';

const offsetsAt = (offset: number) => [{ group: 'g', offsets: [{ topic: 't', partition: 0, offset }] }];

describe('GroupProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets offsets go with a commit once in a while, or when asked', async () => {
    const groups = new GroupProgress(async () => {}, 1000);
    expect(await groups.take(offsetsAt(1), false)).toEqual(offsetsAt(1));
    vi.advanceTimersByTime(400);
    expect(await groups.take(offsetsAt(2), false)).toEqual([]);
    expect(await groups.take(offsetsAt(3), true)).toEqual(offsetsAt(3));
    vi.advanceTimersByTime(1000);
    expect(await groups.take(offsetsAt(4), false)).toEqual(offsetsAt(4));
  });

  it('catches up with the newest where no commit follows in time, once', async () => {
    const alone: unknown[] = [];
    const groups = new GroupProgress(async (offsets) => void alone.push(offsets), 1000);
    for (const offset of [1, 2, 3]) {
      await groups.take(offsetsAt(offset), false);
      groups.committed();
    }
    await vi.advanceTimersByTimeAsync(999);
    expect(alone).toEqual([]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(alone).toEqual([offsetsAt(3)]);
    await groups.catchUp();
    expect(alone).toHaveLength(1);
  });

  it('holds a commit back while it catches up: a task has one transaction at a time', async () => {
    const alone = Promise.withResolvers<void>();
    const groups = new GroupProgress(() => alone.promise, 1000);
    await groups.take(offsetsAt(1), false);
    await groups.take(offsetsAt(2), false);
    groups.committed();
    await vi.advanceTimersByTimeAsync(1000);
    let taken = false;
    const commit = groups.take(offsetsAt(3), false).then(() => {
      taken = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(taken).toBe(false);
    alone.resolve();
    await commit;
    expect(taken).toBe(true);
  });
});
