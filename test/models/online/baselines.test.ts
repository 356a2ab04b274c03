import { describe, expect, test } from 'vitest';
import { type Baseline, type BaselineState, persistence, seasonalNaive } from '../../../models/index.ts';
import { StateReader, StateWriter } from '../../../streams/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { HOUR, hours } from './hours.ts';
import { learnHours, stream } from './learn-hours.ts';

/** Runs rows of [key, hour, value] through a baseline; times and leads in hours. */
function forecasts(state: BaselineState, leads: number, rows: readonly (readonly [number, number, number])[]): number[][] {
  return rows.map(([key, hour, value]) => {
    const out = new Float64Array(leads + 2).fill(-1);
    state.next(key, hour * HOUR, value, out, 1);
    expect([out[0], out[leads + 1]]).toEqual([-1, -1]);
    return [...out.subarray(1, leads + 1)];
  });
}

const create = (baseline: Baseline, ...leads: number[]) => baseline.create(Float64Array.from(leads, (lead) => lead * HOUR));

describe('persistence', () => {
  test('is the last known value of the key for every lead', () => {
    const rows = [
      [1, 0, Number.NaN],
      [0, 0, 5],
      [1, 1, 7],
      [0, 1, Number.NaN],
      [1, 2, 8],
    ] as const;
    expect(forecasts(create(persistence('x'), 1, 6), 2, rows)).toEqual([
      [Number.NaN, Number.NaN],
      [5, 5],
      [7, 7],
      [5, 5],
      [8, 8],
    ]);
  });
});

describe('seasonalNaive', () => {
  const seasonal = () => create(seasonalNaive('x', { season: '4h' }), 1, 4, 6);

  test('is the value whole seasons before the time forecast', () => {
    const rows = Array.from({ length: 12 }, (_, hour) => [0, hour, hour * 10] as const);
    const made = forecasts(seasonal(), 3, rows);
    // At hour 8: +1h is hour 9, a season before is 5; +4h is hour 12, before 8; +6h is hour 14, two seasons before 6.
    expect(made[8]).toEqual([50, 80, 60]);
    expect(made[11]).toEqual([80, 110, 90]);
  });

  test('takes the value as of that time, the oldest while a season is not over, the corrected one of equal times', () => {
    const made = forecasts(seasonal(), 3, [
      [0, 0, Number.NaN],
      [0, 1, 3],
      [0, 2, Number.NaN],
      [0, 5, 9],
      [0, 5, 10],
      [0, 9, 1],
    ]);
    expect(made).toEqual([
      [Number.NaN, Number.NaN, Number.NaN],
      [3, 3, 3],
      [3, 3, 3],
      [3, 9, 3],
      [3, 10, 3],
      [10, 1, 10],
    ]);
  });

  test('keeps keys apart', () => {
    expect(
      forecasts(seasonal(), 3, [
        [0, 0, 1],
        [3, 0, 2],
        [0, 1, 1],
      ]),
    ).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [1, 1, 1],
    ]);
  });

  test.each(['0h', -5, 'day'])('refuses a season of %s', (season) => {
    expect(() => seasonalNaive('x', { season: season as '0h' })).toThrow(/season is/);
  });
});

describe.each([
  ['persistence', persistence('x')],
  ['seasonalNaive', seasonalNaive('x', { season: '3h' })],
] as const)('%s', (_name, baseline) => {
  test('goes on from a snapshot as if nothing had happened', () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => [i % 3, Math.floor(i / 3) - (i % 5 === 4 ? 2 : 0), i % 7 === 2 ? Number.NaN : i * i] as const,
    );
    const whole = create(baseline, 1, 5);
    const expected = forecasts(whole, 2, rows);
    const first = create(baseline, 1, 5);
    forecasts(first, 2, rows.slice(0, 25));
    const bytes = (state: BaselineState) => {
      const out = new StateWriter();
      state.snapshot(out);
      return out.finish();
    };
    const second = create(baseline, 1, 5);
    second.restore(new StateReader(bytes(first)));
    expect(bytes(second)).toEqual(bytes(first));
    expect(forecasts(second, 2, rows.slice(25))).toEqual(expected.slice(25));
    expect(bytes(second)).toEqual(bytes(whole));
  });
});

operatorSuite('learn over a season', {
  make: () => learnHours({ baseline: seasonalNaive('known', { season: '5h' }) }),
  input: hours(stream(200)),
});
