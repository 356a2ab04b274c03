import type { TypeMap } from 'apache-arrow';
import type { StringColumn } from '../../columnar/index.ts';
import { type Operator, type StatefulOperator, statefulOperator } from '../../streams/index.ts';
import type { ForecastColumns } from './forecast-columns.ts';
import { type LearnOptions, type LearnSettings, learnSettings } from './learn-options.ts';
import { LEARNER_VERSION, Learner } from './learner.ts';

/**
 * Learns online and forecasts: for each row and lead, one row out, in input order, made before any label that could betray it.
 *
 * - **Labels.** The forecast issued at t for t + lead is labeled by the first row of its key that brings a measured target with event time
 *   t + lead, once that row has arrived in the stream. t is the row's event time, or the time at which it could be known (`availableAt`)
 *   where that is later. Forecasts whose label has not come when the watermark passes their last due time expire.
 * - **Steps.** A row whose forecasts are all labeled or expired joins the queue as one sample with one target per lead, missing ones masked. As soon
 *   as `batchRows` samples are there, they make one optimizer step. One sample per row rather than one per label costs one pass through the
 *   network instead of one per lead; the price is that all leads learn as late as the longest.
 * - **Which model.** A row is predicted with exactly the steps that labels of earlier ordinals had filled (`modelVersion`). How the stream was cut
 *   into batches and epochs changes no bit; a partial mini-batch stays in the state.
 * - **Replay.** With `replay`, labeled samples are kept, and after each mini-batch further steps are made on samples drawn from them; they belong to that
 *   mini-batch's step, and count in `modelVersion`.
 * - **Beside.** With `beside`, another thread makes the steps while rows go on being predicted. A row is then predicted with the steps of all filled mini-batches but the `lag`
 *   newest: which these are depends on the rows, not on the thread. What comes when training falls behind is `whenBehind`'s to say.
 * - **Residuals.** With `residual`, output i of the estimator is (target - baseline) in units of the mean |target - baseline| of lead i so far: an
 *   output of zero is the baseline itself.
 * - **Scores.** Prequential MAE and RMSE of model and baseline over every forecast whose target was measured, counted as labels arrive.
 *
 * Rows without key or event time and rows with a null or non-finite feature or a non-finite target are rejected: they are neither predicted nor used
 * as labels. Rows out of order are predicted like others; a label that had come before its forecast was issued does not count for it.
 *
 * Ledger, in forecasts: rows in = rejected + labeled + expired + overflowed (see `maxPending`) + unpredicted (no baseline known yet) + waiting.
 *
 * @throws MillraceError INVALID_OPTION when options are wrong or the estimator's outputs are not the leads; SCHEMA_MISMATCH when a column is missing
 *   or the tensor does not fit the estimator; MODEL_FAILED when the estimator fails.
 * @example
 * const forecasts = flow(hours, learn({
 *   estimator: () => compile(sequential([gru(32), dense(2)], { inputShape: [24, 11] }), { loss: meanAbsoluteError(), optimizer: adam(), seed: 7 }),
 *   features: 'sequence',
 *   target: 'pm25Measured',
 *   lead: ['1h', '6h'],
 *   baseline: persistence('pm25'),
 * }));
 */
export function learn<T extends TypeMap, const Key extends StringColumn<NoInfer<T>> = never>(
  options: LearnOptions<NoInfer<T>, Key>,
): Operator<T, ForecastColumns<Key, T[Key]>> {
  const settings = learnSettings(options);
  return statefulOperator<T, ForecastColumns<Key, T[Key]>, Learner>('learn', learnOperator(settings) as never);
}

function learnOperator<T extends TypeMap, Key extends string>(settings: LearnSettings): StatefulOperator<T, ForecastColumns<Key>, Learner> {
  const { scores, leads } = settings;
  const perForecast = (counter: string) => Array.from(leads, () => counter);
  const sendScores = (learner: Learner, origin = { source: '', partition: 0 }) => {
    const reached = learner.takeScores(origin);
    if (reached !== undefined) scores?.next(reached);
  };
  return {
    version: LEARNER_VERSION,
    ledger: {
      left: perForecast('in'),
      right: [...perForecast('rejected'), 'labeled', 'expired', 'overflowed', 'unpredicted', 'waiting'],
    },
    create: (step) => new Learner(settings, step),
    onBatch: (learner, input) => {
      if (input.batch.numRows === 0 && input.mark === undefined) return undefined;
      const output = learner.take(input);
      sendScores(learner, input.origin);
      return output as never;
    },
    onEnd: (learner) => {
      learner.finishScores();
      sendScores(learner);
      scores?.complete();
      return undefined;
    },
    close: (learner) => learner.close(),
    snapshot: (learner, out) => learner.snapshot(out),
    restore: (input, step) => new Learner(settings, step).restore(input),
    migrate: (input, version, step) => new Learner(settings, step).restore(input, version),
    adopt: (input, version, step) => new Learner(settings, step).adopt(input, version),
    difference: (again, stored, step) => new Learner(settings, step).difference(again, stored),
  };
}
