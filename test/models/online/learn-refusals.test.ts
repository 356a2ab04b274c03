import { describe, expect, test } from 'vitest';
import { makeBatch, withRoles } from '../../../columnar/index.ts';
import type { Estimator } from '../../../models/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { OperatorRun, runOperator } from '../../contract/run-operator.ts';
import { LinearEstimator } from '../estimators/linear-estimator.ts';
import { type Hours, hours } from './hours.ts';
import { learnHours, linear, stream } from './learn-hours.ts';

describe('learn refuses', () => {
  const failure = (run: () => unknown): MillraceError => {
    try {
      run();
    } catch (thrown) {
      return thrown as MillraceError;
    }
    throw new Error('nothing was thrown');
  };

  test.each([
    ['an empty list of leads', { lead: [] }, /lead/],
    ['a lead below zero', { lead: -1 }, /0 or more/],
    ['equal leads', { lead: ['1h', '60m'] as never }, /equal/],
    ['a mini-batch of no rows', { batchRows: 0 }, /batchRows/],
    ['no baseline', { baseline: undefined as never }, /baseline/],
    ['an estimator that is no function', { estimator: linear() as never }, /function/],
  ])('%s', (_what, options, message) => {
    const thrown = failure(() => learnHours(options));
    expect(thrown.code).toBe('INVALID_OPTION');
    expect(thrown.message).toMatch(message);
  });

  test('an estimator whose outputs are not the leads', () => {
    const { error } = new OperatorRun(() => learnHours({ estimator: () => linear(3) }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: 'learn: the estimator has 3 outputs for 2 leads' });
  });

  test('features of another size than the estimator reads', () => {
    const run = runOperator(
      () => learnHours({ estimator: () => new LinearEstimator({ inputSize: 5, outputSize: 2 }) }),
      hours([{ station: 'A', at: 0 }]),
    );
    expect(run.error).toMatchObject({
      code: 'SCHEMA_MISMATCH',
      step: 'learn',
      message: "features 'sequence' have 3 values per row, the estimator reads 5",
    });
  });

  test('state of other leads', () => {
    const first = new OperatorRun(() => learnHours()).push(hours(stream(50)));
    const thrown = failure(() => new OperatorRun(() => learnHours({ lead: ['1h', '4h'] })).task.restore(first.task.snapshot()));
    expect(thrown).toMatchObject({ code: 'STATE_INCOMPATIBLE' });
    expect(thrown.message).toContain('3600000, 10800000');
  });

  test('state in which more forecasts wait than may', () => {
    const first = new OperatorRun(() => learnHours({ lead: '30d' })).push(hours(stream(50)));
    const thrown = failure(() => new OperatorRun(() => learnHours({ lead: '30d', maxPending: 20 })).task.restore(first.task.snapshot()));
    expect(thrown).toMatchObject({ code: 'STATE_INCOMPATIBLE', hint: 'raise maxPending of learn' });
  });

  test.each([
    ['event-time', { key: 'station' }],
    ['key', { eventTime: 'at' }],
  ] as const)('a schema without a role for the %s column', (missing, roles) => {
    const input = hours([{ station: 'A', at: 0, measured: 1 }]);
    const batch = makeBatch(withRoles<Hours>(input.batch.schema, roles), input.batch.data.children);
    const run = runOperator(() => learnHours({ key: undefined }), { ...input, batch });
    expect(run.error).toMatchObject({ code: 'SCHEMA_MISMATCH', message: `learn needs a ${missing} column, and the schema names none` });
  });

  test('an estimator that puts out NaN', () => {
    const broken = (): Estimator =>
      Object.assign(linear(1), { predictMany: (_: Float32Array, rows: number) => new Float32Array(rows).fill(Number.NaN) });
    const run = runOperator(() => learnHours({ lead: '1h', estimator: broken }), hours([{ station: 'A', at: 0, measured: 1 }]));
    expect(run.error).toBeInstanceOf(MillraceError);
    expect(run.error).toMatchObject({ code: 'MODEL_FAILED', step: 'learn' });
  });
});
