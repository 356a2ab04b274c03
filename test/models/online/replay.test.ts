import { describe, expect, test } from 'vitest';
import { ReplayMemory } from '../../../models/online/replay-memory.ts';
import { SampleQueue } from '../../../models/online/sample-queue.ts';
import { StateReader, StateWriter } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { runOperator } from '../../contract/run-operator.ts';
import { type Hour, hours } from './hours.ts';
import { learnHours, linear, stream } from './learn-hours.ts';

operatorSuite('learn with replay', {
  make: () => learnHours({ replay: { samples: 40, steps: 2, seed: 3 } }),
  input: hours(stream(300)),
  reads: 'measured',
  required: ['at'],
});

describe('replay of learn', () => {
  const rows: Hour[] = Array.from({ length: 60 }, (_, at) => ({ station: 'A', at, measured: at }));

  test('makes further steps of as many rows after each mini-batch', () => {
    const estimator = linear(1);
    const run = runOperator(() => learnHours({ estimator: () => estimator, lead: '1h', replay: { samples: 100, steps: 2 } }), hours(rows));
    const steps = estimator.calls.filter(({ kind }) => kind === 'learn');
    expect(steps.map((call) => call.rows)).toEqual(steps.map(() => 4));
    // 59 labels fill 14 mini-batches; each is followed by two replays.
    expect(run.task.steps[0]?.report?.().modelVersion).toBe(14 * 3);
  });

  test('learns again only from labels that had arrived', () => {
    const estimator = linear(1);
    // Targets without residual are the times of the labels; those of a step must not lie after the newest label then.
    runOperator(
      () => learnHours({ estimator: () => estimator, lead: '1h', residual: false, replay: { samples: 10, steps: 3 } }),
      hours(rows),
    );
    const steps = estimator.calls.filter(({ kind }) => kind === 'learn');
    for (const [step, { targets = [] }] of steps.entries()) {
      expect(Math.max(...targets)).toBeLessThanOrEqual(4 * (Math.floor(step / 4) + 1));
    }
  });
});

describe('ReplayMemory', () => {
  const filled = (samples: number, count: number) => {
    const memory = new ReplayMemory(2, 1, { samples, seed: 1 });
    const queue = new SampleQueue(2, 1, 1);
    for (let i = 0; i < count; i++) {
      queue.push(Float32Array.of(i, -i), Float64Array.of(i * 10), 0);
      memory.keep(queue, 1);
      queue.drop(1);
    }
    return memory;
  };
  const drawn = (memory: ReplayMemory, rows: number) => {
    const features = new Float32Array(rows * 2);
    const targets = new Float64Array(rows);
    memory.draw(rows, features, targets);
    return { features, targets };
  };

  test('draws whole samples, features with their own targets, from all that it keeps', () => {
    const { features, targets } = drawn(filled(500, 300), 4000);
    for (let row = 0; row < 4000; row++)
      expect([features[row * 2], features[row * 2 + 1]]).toEqual([targets[row]! / 10, -targets[row]! / 10]);
    expect(new Set(targets).size).toBe(300);
  });

  test('keeps as many as it may, the newer the more', () => {
    const memory = filled(100, 1000);
    expect(memory.rows).toBe(100);
    const kept = new Set(drawn(memory, 5000).targets);
    const newest = [...kept].filter((target) => target >= 9000).length;
    // Of the newest 100 a sample stays with probability (1 - 1/100)^age: 63 on average, 37 older ones.
    expect(newest).toBeGreaterThan(45);
    expect(newest).toBeLessThan(80);
  });

  test('goes on from a snapshot as if nothing had happened', () => {
    const memory = filled(100, 30);
    const out = new StateWriter();
    memory.snapshot(out);
    const restored = new ReplayMemory(2, 1, { samples: 100, seed: 9 });
    restored.restore(new StateReader(out.finish()));
    const queue = new SampleQueue(2, 1, 1);
    queue.push(Float32Array.of(7, 7), Float64Array.of(7), 0);
    for (const each of [memory, restored]) for (let i = 0; i < 90; i++) each.keep(queue, 1);
    expect(drawn(restored, 50)).toEqual(drawn(memory, 50));
  });
});
