import { describe, expect, test } from 'vitest';
import { ForecastScores } from '../../../models/scores/forecast-scores.ts';
import { StateReader, StateWriter } from '../../../streams/index.ts';

describe('ForecastScores', () => {
  const scored = () => {
    const scores = new ForecastScores(['+1h', '+6h']);
    expect([scores.add(1, 10, 13, 6), scores.add(1, 20, 16, 22), scores.add(1, 5, 5, 5)]).toEqual([1, 2, 3]);
    return scores;
  };

  test('gives MAE and RMSE of model and baseline, and their ratio', () => {
    // Errors of the model -3, 4, 0, of the baseline 4, -2, 0.
    expect(scored().score(1, 'MAE')).toEqual({ name: '+6h', metric: 'MAE', model: 7 / 3, baseline: 2, ratio: 7 / 6, n: 3 });
    const rmse = scored().score(1, 'RMSE');
    expect(rmse).toMatchObject({ metric: 'RMSE', n: 3, model: Math.sqrt(25 / 3), baseline: Math.sqrt(20 / 3) });
    expect(rmse.ratio).toBeCloseTo(Math.sqrt(25 / 20), 14);
  });

  test('keeps leads apart, and knows nothing of one without labels', () => {
    expect(scored().score(0, 'MAE')).toEqual({
      name: '+1h',
      metric: 'MAE',
      model: Number.NaN,
      baseline: Number.NaN,
      ratio: Number.NaN,
      n: 0,
    });
  });

  test('has no ratio where the baseline was never wrong', () => {
    const scores = new ForecastScores(['+1h']);
    scores.add(0, 3, 4, 3);
    expect(scores.score(0, 'MAE')).toMatchObject({ model: 1, baseline: 0, ratio: Number.NaN });
  });

  test('goes on from a snapshot', () => {
    const out = new StateWriter();
    scored().snapshot(out);
    const restored = new ForecastScores(['+1h', '+6h']);
    restored.restore(new StateReader(out.finish()));
    const whole = scored();
    for (const scores of [whole, restored]) scores.add(1, 1, 2, 4);
    expect(restored.score(1, 'RMSE')).toEqual(whole.score(1, 'RMSE'));
  });
});
