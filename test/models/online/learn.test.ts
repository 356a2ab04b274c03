import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, OperatorRun, reslice, runOperator } from '../../contract/run-operator.ts';
import { LinearEstimator } from '../estimators/linear-estimator.ts';
import { FEATURES, HOUR, type Hour, hours } from './hours.ts';
import { learnHours, linear, stream } from './learn-hours.ts';
import { referenceLearn } from './reference-learn.ts';

operatorSuite('learn', { make: () => learnHours(), input: hours(stream(400)), reads: 'sequence', required: ['at'] });

describe('learn against its definition, row by row', () => {
  const row = fc.record({
    station: fc.constantFrom('A', 'Bcd'),
    pause: fc.constantFrom(0, 0, 1, 1, 2, 5),
    late: fc.constantFrom(0, 0, 0, 1, 3),
    derived: fc.constantFrom(0, 0, 0, 2),
    value: fc.option(fc.integer({ min: -20, max: 20 }), { freq: 5 }),
    shared: fc.boolean(),
  });

  const rowsFrom = (
    drawn: readonly { station: string; pause: number; late: number; derived: number; value: number | null; shared: boolean }[],
  ) => {
    let time = 0;
    let ordinal = 0;
    let sub = 0;
    return drawn.map(({ station, pause, late, derived, value, shared }, i): Hour => {
      time += pause;
      if (i > 0) [ordinal, sub] = shared ? [ordinal, sub + 1] : [ordinal + 1, 0];
      const at = Math.max(0, time - late);
      return { station, at, measured: value, known: value ?? 7, ordinal, sub, watermark: time - 2, availableAt: at + derived };
    });
  };

  test.each([
    { tolerance: 0, leads: [1, 3] },
    { tolerance: 1, leads: [0, 2] },
  ])('gives the same forecasts, versions and scores, however it is cut ($tolerance h tolerance)', ({ tolerance, leads }) => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 90 }), fc.constantFrom(1, 2, 7, 90), (drawn, size) => {
        const rows = rowsFrom(drawn);
        const expected = referenceLearn(rows, { estimator: linear(), leads, batchRows: 3, tolerance });
        const run = new OperatorRun(() =>
          learnHours({ batchRows: 3, lead: leads.map((lead) => lead * HOUR), tolerance: tolerance * HOUR }),
        );
        run.push(...reslice(hours(rows), size));
        const forecasts = columnsOf(run.rows()).map((out) => ({
          station: out.station,
          issuedAt: (out.issuedAt as number) / HOUR,
          lead: ((out.targetTime as number) - (out.issuedAt as number)) / HOUR,
          prediction: out.prediction,
          baseline: out.baseline,
          version: Number(out.modelVersion),
        }));
        expect(forecasts).toEqual(expected.forecasts);
        const scored = run.task.steps[0]?.report?.().scores ?? [];
        expect(scored.map(({ model, baseline, n }) => ({ n, model: model * n, baseline: baseline * n }))).toEqual(
          expected.scores
            .filter(({ n }) => n > 0)
            .map(({ n, model, baseline }) => ({ n, model: expect.closeTo(model, 6), baseline: expect.closeTo(baseline, 6) })),
        );
        expect(run.task.steps[0]?.counters.get('waiting') ?? 0).toBe(expected.waiting * 2);
        expect(run.task.unbalanced()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('learn', () => {
  test('puts out one row per row and lead, in input order, with the names of the leads', () => {
    const run = runOperator(
      () => learnHours(),
      hours([
        { station: 'A', at: 0, measured: 5 },
        { station: 'B', at: 0, measured: 6 },
      ]),
    );
    expect(columnsOf(run.rows())).toEqual([
      { station: 'A', issuedAt: 0, targetTime: HOUR, lead: '+1h', prediction: 5, baseline: 5, modelVersion: 0n },
      { station: 'A', issuedAt: 0, targetTime: 3 * HOUR, lead: '+3h', prediction: 5, baseline: 5, modelVersion: 0n },
      { station: 'B', issuedAt: 0, targetTime: HOUR, lead: '+1h', prediction: 6, baseline: 6, modelVersion: 0n },
      { station: 'B', issuedAt: 0, targetTime: 3 * HOUR, lead: '+3h', prediction: 6, baseline: 6, modelVersion: 0n },
    ]);
    expect(run.rows().map(({ ordinal, sub }) => [ordinal, sub])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  test('uses a label from the ordinal after the one that brought it', () => {
    const one: Hour[] = [0, 1, 2, 3].map((at) => ({ station: 'A', at, measured: at * at }));
    const versions = (rows: Hour[]) =>
      columnsOf(runOperator(() => learnHours({ lead: '1h', batchRows: 1 }), hours(rows)).rows()).map((row) => row.modelVersion);
    expect(versions(one)).toEqual([0n, 0n, 1n, 2n]);
    // The last three rows share an ordinal: labels among them must wait for the next.
    expect(versions(one.map((row, i) => ({ ...row, ordinal: Math.min(i, 1), sub: Math.max(0, i - 1) })))).toEqual([0n, 0n, 0n, 0n]);
  });

  test('never lets a row see its own target: changing a target changes no forecast made up to its row', () => {
    const rows = stream(200);
    const forecasts = (changed: Hour[]) => columnsOf(runOperator(() => learnHours(), hours(changed)).rows());
    const before = forecasts(rows);
    const after = forecasts(rows.map((row, i) => (i === 120 ? { ...row, measured: 9999 } : row)));
    expect(after.slice(0, 121 * 2)).toEqual(before.slice(0, 121 * 2));
    expect(after.slice(121 * 2)).not.toEqual(before.slice(121 * 2));
  });

  test('masks the lead whose label did not come, and expires forecasts without any', () => {
    const estimator = linear();
    const rows: Hour[] = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => ({ station: 'A', at, measured: at === 1 ? at : null, known: 0 }));
    const run = new OperatorRun(() => learnHours({ estimator: () => estimator, batchRows: 1 })).push(hours(rows));
    const steps = estimator.calls.filter(({ kind }) => kind === 'learn');
    expect(steps).toEqual([{ kind: 'learn', rows: 1, targets: [1, 0], weights: [1, 0] }]);
    // Rows 0 to 3 are past their last due time (watermark 7 > at + 3); the label at 1 joined row 0 alone.
    expect(Object.fromEntries(run.task.steps[0]!.counters)).toMatchObject({ labeled: 1, expired: 7, waiting: 8 });
  });

  test('takes a label that comes out of order until the watermark has passed it, and the first of duplicates', () => {
    const rows: Hour[] = [
      { station: 'A', at: 0, measured: 10, watermark: -2 },
      { station: 'A', at: 2, measured: 30, watermark: 0 },
      { station: 'A', at: 1, measured: 17, watermark: 0 },
      { station: 'A', at: 1, measured: 99, watermark: 0 },
      { station: 'A', at: 3, measured: 30, watermark: 1 },
    ];
    const run = runOperator(() => learnHours({ lead: '1h' }), hours(rows));
    // Labels: 17 for the row at 0; 30 at 3 for that at 2. The row at 1 came after the row at 2: it stays without.
    expect(run.task.steps[0]?.report?.()).toEqual({
      scores: [{ name: '+1h', metric: 'MAE', n: 2, baseline: 3.5, model: 3.5, ratio: 1 }],
      modelVersion: 0,
    });
  });

  test('counts leads from the time at which a derived row could be known', () => {
    const rows: Hour[] = [
      { station: 'A', at: 0, measured: 10, availableAt: 2 },
      { station: 'A', at: 1, measured: 20, availableAt: 1 },
      { station: 'A', at: 3, measured: 30, availableAt: 3 },
    ];
    const run = runOperator(() => learnHours({ lead: '1h' }), hours(rows));
    expect(columnsOf(run.rows()).map((row) => (row.targetTime as number) / HOUR)).toEqual([3, 2, 4]);
    expect(run.task.steps[0]?.report?.().scores?.[0]).toMatchObject({ n: 1, baseline: 20 });
  });

  test('forecasts the baseline before the first step, and null before a value is known', () => {
    const rows: Hour[] = [
      { station: 'A', at: 0, measured: null },
      { station: 'A', at: 1, measured: 8 },
      { station: 'A', at: 2, measured: null },
    ];
    const run = runOperator(() => learnHours({ lead: '1h' }), hours(rows));
    expect(columnsOf(run.rows()).map((row) => [row.prediction, row.baseline])).toEqual([
      [null, null],
      [8, 8],
      [8, 8],
    ]);
    expect(run.task.steps[0]?.counters.get('unpredicted')).toBe(1);
    expect(run.task.unbalanced()).toEqual([]);
  });

  test('predicts the rows between two steps in one call', () => {
    const estimator = linear(1);
    runOperator(
      () => learnHours({ estimator: () => estimator, lead: '1h', batchRows: 10 }),
      hours(Array.from({ length: 100 }, (_, at) => ({ station: 'A', at, measured: at % 7 }))),
    );
    expect(estimator.calls.filter(({ kind }) => kind === 'predict').map(({ rows }) => rows)).toEqual([
      11, 10, 10, 10, 10, 10, 10, 10, 10, 9,
    ]);
  });

  test('learns the target itself without residual', () => {
    const estimator = linear(1);
    const rows: Hour[] = [0, 1, 2].map((at) => ({ station: 'A', at, measured: 100 + at }));
    runOperator(() => learnHours({ estimator: () => estimator, lead: '1h', batchRows: 1, residual: false }), hours(rows));
    expect(estimator.calls.filter(({ kind }) => kind === 'learn').map(({ targets }) => targets)).toEqual([[101]]);
  });

  test('rejects rows that a model cannot take, and leaves them out', () => {
    const good = (at: number): Hour => ({ station: 'A', at, measured: at });
    const run = runOperator(
      () => learnHours({ lead: '1h', batchRows: 1 }),
      hours([
        good(0),
        { ...good(1), features: [1, Number.NaN, 2] },
        { ...good(2), features: [1, 2, Number.NEGATIVE_INFINITY] },
        { ...good(3), features: null },
        { ...good(4), station: null },
        { ...good(5), measured: Number.POSITIVE_INFINITY, known: 1 },
        { ...good(6), known: Number.NaN },
        good(7),
      ]),
    );
    expect(columnsOf(run.rows()).map((row) => (row.issuedAt as number) / HOUR)).toEqual([0, 7]);
    expect(run.task.rejects.map(({ reason }) => reason)).toEqual([
      'feature 1 (of sequence) is NaN; a model takes finite numbers only',
      'feature 2 (of sequence) is -Infinity; a model takes finite numbers only',
      'a feature (sequence) is null',
      'the key is null',
      "column 'measured' holds Infinity",
      "column 'known' holds NaN",
    ]);
    expect(JSON.parse(run.task.rejects[0]!.row)).toEqual({ station: 'A', at: '1970-01-01T01:00:00.000Z', measured: 1 });
    expect(run.task.unbalanced()).toEqual([]);
  });

  test('gives up the oldest forecast when too many wait, and says so in the ledger', () => {
    const rows: Hour[] = Array.from({ length: 200 }, (_, at) => ({ station: `s${at % 3}`, at, measured: 1 }));
    const run = runOperator(() => learnHours({ lead: '30d', maxPending: 70 }), hours(rows));
    expect(Object.fromEntries(run.task.steps[0]!.counters)).toMatchObject({ overflowed: 130, waiting: 70 });
    expect(run.task.unbalanced()).toEqual([]);
  });

  test('lays several feature columns side by side', () => {
    const rows = stream(120);
    const wide = (features: 'sequence' | readonly ['sequence', 'sequence']) => {
      const estimator = new LinearEstimator({ inputSize: [features].flat().length * FEATURES, outputSize: 2 });
      const run = runOperator(() => learnHours({ estimator: () => estimator, features }), hours(rows));
      return { run, weights: [...estimator.weights] };
    };
    const { run, weights } = wide(['sequence', 'sequence']);
    expect(run.rows().length).toBe(240);
    // Both copies of a feature move alike: the change since the start is that of the other copy.
    const start = [...new LinearEstimator({ inputSize: 2 * FEATURES, outputSize: 2 }).weights];
    const change = weights.map((weight, i) => weight - start[i]!);
    for (let i = 0; i < FEATURES; i++) expect(change[i + FEATURES]).toBeCloseTo(change[i]!, 12);
    expect(change[0]).not.toBe(0);
    const bad = hours([{ station: 'A', at: 0, measured: 1, features: null }]);
    const rejected = runOperator(
      () =>
        learnHours({
          estimator: () => new LinearEstimator({ inputSize: 2 * FEATURES, outputSize: 2 }),
          features: ['sequence', 'sequence'],
        }),
      bad,
    );
    expect(rejected.task.rejects.map(({ reason }) => reason)).toEqual(['a feature (sequence, sequence) is null']);
  });

  test('learns: on a stream that follows its features it beats persistence', () => {
    const rows: Hour[] = Array.from({ length: 3000 }, (_, at) => ({
      station: 'A',
      at,
      measured: 50 + 20 * Math.sin(at),
      known: 50 + 20 * Math.sin(at),
      features: [Math.sin(at), Math.cos(at), 1],
    }));
    const run = runOperator(() => learnHours({ lead: '1h', batchRows: 8 }), hours(rows));
    expect(run.task.steps[0]?.report?.().scores?.[0]?.ratio).toBeLessThan(0.3);
  });
});
