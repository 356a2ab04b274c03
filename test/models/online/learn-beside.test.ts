import { describe, expect, test } from 'vitest';
import {
  adam,
  compile,
  dense,
  type Estimator,
  type LearnOptions,
  meanSquaredError,
  type Network,
  sequential,
} from '../../../models/index.ts';
import { MillraceError, step } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, reslice } from '../../contract/run-operator.ts';
import { withTrainingThreads } from '../networks/training-threads.ts';
import { FEATURES, featuresOf, type Hours, hours } from './hours.ts';
import { learnHours, stream } from './learn-hours.ts';

const network = (leads = 2, maxBatch?: number): Network =>
  compile(sequential([dense(6, { activation: 'tanh' }), dense(leads)], { inputShape: [FEATURES] }), {
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: (step) => 0.02 / (1 + step / 40) }),
    clipNorm: 1,
    seed: 4,
    ...(maxBatch === undefined ? {} : { maxBatch }),
  });

const learnBeside = (options: Partial<LearnOptions<Hours>> = {}) => learnHours({ estimator: () => network(), ...options });

operatorSuite('learn beside', {
  make: () => learnBeside({ beside: { lag: 3 }, replay: { samples: 30, steps: 2 } }),
  input: hours(stream(400)),
  reads: 'sequence',
  required: ['at'],
});

operatorSuite('learn beside with a lag of 0', {
  make: () => learnBeside({ beside: { lag: 0, whenBehind: 'coalesce' } }),
  input: hours(stream(200)),
  reads: 'measured',
  required: ['at'],
});

const input = hours(stream(600));

/** Everything that a run shows: rows, scores, model version, state. */
function outcome(options: Partial<LearnOptions<Hours>>, size = 4096) {
  const run = new OperatorRun(() => learnBeside(options)).push(...reslice(input, size));
  if (run.error !== undefined) throw run.error;
  const result = {
    rows: run.rows(),
    report: run.task.steps[0]?.report?.(),
    counters: run.task.steps[0]?.counters,
    state: run.task.snapshot().get('learn')?.bytes,
  };
  run.unsubscribe();
  return result;
}

/** A network whose state after each step is kept. */
function recording(): { readonly estimator: () => Estimator; readonly snapshots: readonly Uint8Array[] } {
  const snapshots: Uint8Array[] = [];
  const estimator = (): Estimator => {
    const inner = network();
    snapshots.length = 0;
    snapshots.push(inner.snapshot());
    return {
      inputSize: inner.inputSize,
      outputSize: inner.outputSize,
      get steps() {
        return inner.steps;
      },
      predictMany: (features, rows) => inner.predictMany(features, rows),
      learnMany: (...parts) => {
        const result = inner.learnMany(...parts);
        snapshots.push(inner.snapshot());
        return result;
      },
      snapshot: () => inner.snapshot(),
      restore: (bytes) => inner.restore(bytes),
    };
  };
  return { estimator, snapshots };
}

/** What the network of a version puts out for an output row: two leads to a row of the input. */
function outputsOf(snapshots: readonly Uint8Array[]): (version: number, index: number) => number {
  const probe = network();
  const rows = stream(600).map((row) => Float32Array.from(featuresOf(row)));
  return (version, index) => {
    probe.restore(snapshots[version] as Uint8Array);
    return probe.predictMany(rows[Math.floor(index / 2)] as Float32Array, 1)[index % 2] as number;
  };
}

describe('learn beside', () => {
  test('with a lag of 0 gives rows and scores of learning at once, in a thread too', () => {
    const options = { replay: { samples: 50 } };
    const { rows, report } = outcome(options);
    expect(report?.modelVersion).toBeGreaterThan(100);
    expect(outcome({ ...options, beside: { lag: 0 } })).toMatchObject({ rows, report });
    expect(withTrainingThreads({}, () => outcome({ ...options, beside: { lag: 0 } })).result).toMatchObject({ rows, report });
  });

  test.each([1, 4])('predicts with the weights of %i mini-batches ago', (lag) => {
    // Mini-batches do not depend on predictions: the steps of the plain run are those of the run beside, too.
    const { estimator, snapshots } = recording();
    const plain = columnsOf(outcome({ residual: false, estimator }).rows);
    const beside = columnsOf(outcome({ residual: false, beside: { lag } }).rows);
    const outputs = outputsOf(snapshots);
    for (const [index, row] of beside.entries()) {
      const version = Math.max(0, Number(plain[index]?.modelVersion) - lag);
      expect(Number(row.modelVersion)).toBe(version);
      expect(row.prediction).toBe(outputs(version, index));
    }
  });

  test('predicts residuals in the unit that they were learned in', () => {
    const lag = 3;
    const { estimator, snapshots } = recording();
    const plain = columnsOf(outcome({ estimator }).rows);
    const beside = columnsOf(outcome({ beside: { lag } }).rows);
    const outputs = outputsOf(snapshots);
    // The plain run's predictions tell the unit of each version and lead.
    const units = new Map<string, number>();
    const place = (version: number, index: number) => `${version} ${index % 2}`;
    for (const [index, row] of plain.entries()) {
      const version = Number(row.modelVersion);
      const residual = (row.prediction as number) - (row.baseline as number);
      if (Number.isFinite(residual)) units.set(place(version, index), residual / (outputs(version, index) as number));
    }
    let compared = 0;
    for (const [index, row] of beside.entries()) {
      const version = Math.max(0, Number(plain[index]?.modelVersion) - lag);
      const unit = units.get(place(version, index));
      if (unit === undefined || !Number.isFinite(row.baseline)) continue;
      compared++;
      expect(row.prediction).toBeCloseTo((row.baseline as number) + unit * (outputs(version, index) as number), 6);
    }
    expect(compared).toBeGreaterThan(900);
  });

  test('gives the same bits with a fast and a slow thread and with none, however the input is cut', () => {
    const options: Partial<LearnOptions<Hours>> = { beside: { lag: 3 }, replay: { samples: 40 } };
    const expected = outcome(options);
    for (const [pause, size] of [
      [0, 7],
      [0, 4096],
      [3, 1],
      [3, 100],
    ] as const) {
      expect(withTrainingThreads({ pause }, () => outcome(options, size)).result).toEqual(expected);
    }
  });

  test('counts the mini-batches that it hands over', () => {
    const { counters, report } = outcome({ beside: { lag: 3 } });
    expect(counters?.get('trained')).toBe((report?.modelVersion as number) + 3);
    expect(counters?.get('sampledOut')).toBeUndefined();
  });

  test('goes on in a thread from a snapshot that was taken in another', () => {
    const options: Partial<LearnOptions<Hours>> = { beside: { lag: 3 } };
    const expected = outcome(options);
    const parts = reslice(input, 250);
    const { result } = withTrainingThreads({ pause: 2 }, () => {
      const first = new OperatorRun(() => learnBeside(options)).push(...parts.slice(0, 1));
      const second = new OperatorRun(() => learnBeside(options));
      second.task.restore(first.task.snapshot());
      first.unsubscribe();
      second.push(...parts.slice(1));
      const rows = [...first.rows(), ...second.rows()];
      const state = second.task.snapshot().get('learn')?.bytes;
      second.unsubscribe();
      return { rows, state };
    });
    expect(result).toEqual({ rows: expected.rows, state: expected.state });
  });

  test('stops with the step and the cause when the thread fails', () => {
    const run = withTrainingThreads({ failAt: 3 }, () => new OperatorRun(() => learnBeside({ beside: { lag: 2 } })).push(input)).result;
    expect(run.error).toBeInstanceOf(MillraceError);
    expect(run.error).toMatchObject({ code: 'MODEL_FAILED', step: 'learn', message: expect.stringContaining('the step was made to fail') });
    expect((run.error as MillraceError).cause).toBeInstanceOf(Error);
  });

  test('ends its thread with the task', async () => {
    const { threads } = withTrainingThreads({}, () => outcome({ beside: { lag: 2 } }));
    const codes = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
    expect(await Promise.all(codes)).toEqual([0]);
  });

  test('refuses estimators that no other thread can train, and options that cannot be kept', () => {
    const errorOf = (options: Partial<LearnOptions<Hours>>) => {
      const { error } = new OperatorRun(() => learnHours(options));
      return (error as MillraceError).message;
    };
    expect(errorOf({ beside: { lag: 1 } })).toMatch(/beside needs an estimator that another thread can train/);
    const narrow = () =>
      new OperatorRun(() => learnBeside({ beside: { lag: 1, whenBehind: 'coalesce' }, estimator: () => network(2, 4) })).push(input);
    expect((narrow().error as MillraceError).message).toMatch(/may make steps of 32 rows, over maxBatch, 4/);
    expect(() => learnHours({ estimator: () => network(), beside: { lag: -1 } })).toThrow(/beside\.lag/);
    expect(() => learnHours({ estimator: () => network(), beside: { lag: 1, whenBehind: 'panic' as never } })).toThrow(
      /beside\.whenBehind/,
    );
    const rejecting = () => step('learn', { onError: 'reject' }, learnBeside({ beside: { lag: 1, whenBehind: 'sample' } }));
    expect((new OperatorRun(rejecting).error as MillraceError).message).toMatch(/whenBehind 'sample' cannot be repeated row by row/);
  });

  test('refuses a state that was written with another lag', () => {
    const state = (lag: number) => new OperatorRun(() => learnBeside({ beside: { lag } })).push(input).task;
    const other = new OperatorRun(() => learnBeside({ beside: { lag: 5 } }));
    expect(() => other.task.restore(state(2).snapshot())).toThrow(/written with batchRows 4, beside by 2, this learn has 4, beside by 5/);
  });
});
