import { describe, expect, test } from 'vitest';
import { type CommitRecord, type Home, type MemoryStore, memoryStore } from '../../../connectors/index.ts';
import { simulate } from '../../../pipeline/testing.ts';
import { stateless, twoTasks, windows } from './simulated-pipelines.ts';

/** A store in memory whose homes were tampered with. */
const brokenStore = (tamper: (home: Home) => Home) => (): MemoryStore => {
  const store = memoryStore();
  return { open: () => tamper(store.open()) };
};

const changedCommits = (change: (record: CommitRecord) => CommitRecord) =>
  brokenStore((home) => ({
    ...home,
    epochs: methodsOf(home.epochs, { commit: (epoch) => home.epochs.commit({ ...epoch, record: change(epoch.record) }) }),
  }));

/** The object's methods, bound, with some of them replaced. */
function methodsOf<O extends object>(object: O, replaced: Partial<O>): O {
  return new Proxy(object, {
    get: (target, name) => {
      const own = replaced[name as keyof O] ?? target[name as keyof O];
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

const failureOf = async (running: Promise<unknown>) => {
  const error = await running.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error, 'the defect was not noticed').toBeDefined();
  return error as Error & { readonly code: string; readonly step: string | undefined; readonly hint: string };
};

const reproduction = (message: string) => /simulate\(pipeline, \{ inputs, faults: '([^']*)' \}\)$/.exec(message)?.[1];

describe('a planted defect', () => {
  test('a clock read in an operator is caught and its step named', { timeout: 60_000 }, async () => {
    let reads = 0;
    const { pipeline, inputs } = twoTasks(() => reads++ % 2);
    const error = await failureOf(simulate(pipeline, { inputs }));
    expect(error).toMatchObject({ code: 'DIVERGED', step: 'runningTotal' });
  });

  test('a position that is lost is caught, shrunk to a fault or two, and reproduced by the line that is printed', {
    timeout: 60_000,
  }, async () => {
    const { pipeline, inputs } = stateless();
    const store = changedCommits((record) => ({
      ...record,
      positions: { events: { events: Math.max((record.positions.events?.events ?? 0) - 1, 0) } },
    }));
    const error = await failureOf(simulate(pipeline, { inputs, store }));
    const faults = reproduction(error.message) as string;
    expect(faults.split(' ').length).toBeLessThanOrEqual(2);
    const again = await failureOf(simulate(pipeline, { inputs, store, faults }));
    expect(again.message).toContain(faults);
  });

  test('outputs that are published again after a lost answer are caught', { timeout: 60_000 }, async () => {
    const { pipeline, inputs } = windows();
    // A store that forgets the first commit record it is given, but not the records.
    let forgotten: CommitRecord | undefined;
    const store = brokenStore((home) => ({
      ...home,
      epochs: methodsOf(home.epochs, {
        commit: async (epoch) => {
          await home.epochs.commit(epoch);
          if (epoch.record.epoch === 2) forgotten = epoch.record;
        },
        open: async (task) => {
          const record = await home.epochs.open(task);
          return record !== undefined && record.epoch === forgotten?.epoch ? undefined : record;
        },
      }),
    }));
    const error = await failureOf(simulate(pipeline, { inputs, store, kill: 4 }));
    expect(error.message).toMatch(/topic means\/0 differs/);
  });

  test('a store that does not fence older owners is caught', { timeout: 60_000 }, async () => {
    const { pipeline, inputs } = windows();
    const store = (): MemoryStore => {
      // One handle for everybody: whoever commits is the owner.
      const home = memoryStore().open();
      return { open: () => home };
    };
    const error = await failureOf(simulate(pipeline, { inputs, store, rebalance: 6 }));
    expect(error.message).toMatch(/seize@\d+/);
  });
});
