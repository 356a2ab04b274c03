import { type LearnOptions, learn, persistence } from '../../../models/index.ts';
import { LinearEstimator } from '../estimators/linear-estimator.ts';
import { FEATURES, type Hour, type Hours } from './hours.ts';

/** An estimator of {@link Hours}. */
export const linear = (outputs = 2) => new LinearEstimator({ inputSize: FEATURES, outputSize: outputs });

/** `learn` over {@link Hours}, with two leads and small mini-batches unless the options say otherwise. */
export function learnHours(options: Partial<LearnOptions<Hours>> = {}) {
  const leads = [options.lead ?? (['1h', '3h'] as const)].flat();
  return learn<Hours, 'station'>({
    estimator: () => linear(leads.length),
    features: 'sequence',
    target: 'measured',
    lead: leads,
    baseline: persistence('known'),
    batchRows: 4,
    key: 'station',
    ...options,
  } as LearnOptions<Hours, 'station'>);
}

/** Rows of a few stations over some hours: gaps, nulls, rows out of order, duplicates, several rows of one ordinal. */
export function stream(rows: number): Hour[] {
  return Array.from({ length: rows }, (_, i): Hour => {
    const tick = Math.floor(i / 3);
    const at = tick - (i % 17 === 16 ? 2 : 0);
    const value = 40 + 10 * ((i * 13) % 7) - 3 * (tick % 5);
    return {
      station: ['Aotizhongxin', 'Dingling', 'Wanliu'][i % 3] as string,
      at,
      measured: i % 11 === 5 ? null : value,
      known: i % 23 === 0 && i > 0 ? null : value,
      ordinal: i % 8 === 7 ? i - 1 : i,
      sub: i % 8 === 7 ? 1 : 0,
      watermark: tick - 1,
      ...(i % 19 === 4 ? { availableAt: at + 1 } : {}),
    };
  });
}
