import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadBudget, Source, SourceBatch, SourceDefinition } from '../../connectors/index.ts';
import { paced, parseSpeed, type TaskClock } from '../../pipeline/index.ts';
import { eventTimes } from '../../pipeline/task-input.ts';
import { type EventColumns, event } from './example-pipelines.ts';
import { sourceBatch } from './source-batches.ts';

/** A clock that only moves while somebody sleeps. */
class SleptClock implements TaskClock {
  readonly sleeps: number[] = [];
  #now = 5_000_000;

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.#now += milliseconds;
  }
}

function sourceOf(batches: readonly SourceBatch<EventColumns>[]): SourceDefinition<EventColumns> {
  const create = (): Source<EventColumns> => {
    let next = 0;
    return { schema: event, open: async () => {}, close: async () => {}, next: async () => batches[next++] ?? 'end' };
  };
  return { kind: 'source', name: 'events', schema: event, allowedLateness: 0, partitions: async () => 1, create };
}

interface Handed {
  /** Milliseconds of the wall since the first read. */
  readonly at: number;
  readonly times: readonly number[];
  readonly batch: SourceBatch<EventColumns>;
}

async function readAll(batches: readonly SourceBatch<EventColumns>[], speed: string, budget: Partial<ReadBudget> = {}) {
  const clock = new SleptClock();
  const source = paced(sourceOf(batches), parseSpeed(speed), clock).create();
  await source.open(0, undefined);
  const begun = clock.now();
  const handed: Handed[] = [];
  for (;;) {
    const next = await source.next({ rows: 4096, bytes: 1e6, ...budget });
    if (next === 'end') return { handed, clock, wall: clock.now() - begun };
    if (next !== 'idle') handed.push({ at: clock.now() - begun, times: [...(eventTimes(next.batch) ?? [])], batch: next });
  }
}

describe('parseSpeed', () => {
  it('reads max, realtime and factors', () => {
    expect(['max', 'realtime', '1x', '100x', '0.5x'].map(parseSpeed)).toEqual([Number.POSITIVE_INFINITY, 1, 1, 100, 0.5]);
  });

  it.each(['', 'fast', '100', 'x', '0x', '-3x', '1e3x', '100X', ' 5x'])("refuses '%s', saying what it takes", (speed) => {
    expect(() => parseSpeed(speed)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', hint: expect.stringContaining('100x') }));
  });
});

describe('paced', () => {
  it('leaves a source alone at full speed', () => {
    const definition = sourceOf([]);
    expect(paced(definition, parseSpeed('max'), new SleptClock())).toBe(definition);
  });

  it('hands rows out when their event time is due, counted from the first', async () => {
    const { handed, wall } = await readAll([sourceBatch({ times: [7000, 7000, 8000, 9000, 67_000] })], '10x');
    expect(handed.map(({ at, times }) => [at, times])).toEqual([
      [0, [7000, 7000]],
      [100, [8000]],
      [200, [9000]],
      [6000, [67_000]],
    ]);
    expect(wall).toBe(6000);
  });

  it('goes on across batches, and never sleeps so long that a stop would wait for it', async () => {
    const { handed, clock } = await readAll([sourceBatch({ times: [0, 500] }), sourceBatch({ times: [10_000] })], 'realtime');
    expect(handed.map(({ at }) => at)).toEqual([0, 500, 10_000]);
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(100);
  });

  it('does not wait for rows that are out of order or have no event time, and paces the others nevertheless', async () => {
    const { handed } = await readAll([sourceBatch({ times: [Number.NaN, Number.NaN, 1000, 500, Number.NaN, 3000] })], 'realtime');
    expect(handed.map(({ at, times }) => [at, times.length])).toEqual([
      [0, 2],
      [0, 3],
      [2000, 1],
    ]);
  });

  it('repeats committed rows without pacing them', async () => {
    const { handed, wall } = await readAll([sourceBatch({ times: [0, 3_600_000] })], 'realtime', { until: { events: 2 } });
    expect(handed.map(({ times }) => times)).toEqual([[0, 3_600_000]]);
    expect(wall).toBe(0);
  });

  it('tells what waits: behind the batch, and held back in it', async () => {
    const { handed } = await readAll([sourceBatch({ times: [0, 1000, 2000], lag: 10 })], 'realtime');
    expect(handed.map(({ batch }) => batch.lag)).toEqual([12, 11, 10]);
  });

  it('loses no record, reject or row, however rows fall due', async () => {
    const plan = fc.array(
      fc.record({ gap: fc.integer({ min: 0, max: 400 }), sameRecord: fc.boolean(), rejects: fc.integer({ min: 0, max: 2 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 3 }), async (plans) => {
        let [time, offset] = [0, 0];
        const batches = plans.map((rows) => {
          const [times, offsets, rejects]: [number[], number[], number[]] = [[], [], []];
          for (const row of rows) {
            time += row.gap;
            if (!row.sameRecord || times.length === 0) {
              for (let i = 0; i < row.rejects; i++) rejects.push(offset++);
              offset++;
            }
            times.push(time);
            offsets.push(offset - 1);
          }
          return sourceBatch({ times, offsets, rejects });
        });
        const { handed } = await readAll(batches, 'realtime');
        const sum = (all: readonly { readonly records: number }[]) => all.reduce((total, { records }) => total + records, 0);
        expect(handed.flatMap(({ times }) => times)).toEqual(batches.flatMap(({ batch }) => [...(eventTimes(batch) ?? [])]));
        expect(handed.flatMap(({ batch }) => batch.rejects)).toEqual(batches.flatMap(({ rejects }) => rejects));
        expect(sum(handed.map(({ batch }) => batch))).toBe(sum(batches));
        expect(handed.at(-1)?.batch.position).toEqual(batches.at(-1)?.position);
      }),
    );
  });
});
