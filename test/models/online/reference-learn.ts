import type { Estimator } from '../../../models/index.ts';
import type { Hour } from './hours.ts';
import { featuresOf } from './hours.ts';

/** What the reference says of one forecast. */
export interface ReferenceForecast {
  readonly station: string;
  readonly issuedAt: number;
  readonly lead: number;
  readonly prediction: number;
  readonly baseline: number;
  readonly version: number;
}

interface Waiting extends Pick<ReferenceForecast, 'station' | 'issuedAt'> {
  readonly features: readonly number[];
  readonly baseline: number;
  readonly predictions: readonly number[];
  readonly targets: (number | undefined)[];
}

export interface ReferenceOptions {
  readonly estimator: Estimator;
  /** In hours. */
  readonly leads: readonly number[];
  readonly batchRows: number;
  readonly tolerance?: number;
}

/**
 * `learn` with persistence in its plainest form: one row at a time, objects and linear searches, written from the definition. Rows must be
 * complete (station, known), in order, with ordinals and watermarks given or rising by one and by time.
 */
export function referenceLearn(rows: readonly Hour[], { estimator, leads, batchRows, tolerance = 0 }: ReferenceOptions) {
  const forecasts: ReferenceForecast[] = [];
  const waiting: Waiting[] = [];
  const queue: Waiting[] = [];
  const scores = leads.map(() => ({ n: 0, model: 0, baseline: 0 }));
  const residuals = leads.map(() => ({ n: 0, mean: 0 }));
  let scales = leads.map(() => 0);
  const horizon = Math.max(...leads) + tolerance;
  let ordinal = -1;
  let watermark = Number.NEGATIVE_INFINITY;
  const known = new Map<string, number>();
  const complete = (sample: Waiting) => {
    waiting.splice(waiting.indexOf(sample), 1);
    if (sample.targets.some((target) => target !== undefined)) queue.push(sample);
  };
  const step = () => {
    scales = residuals.map(({ mean }) => mean);
    const samples = queue.splice(0, batchRows);
    const each = samples.flatMap((sample) => sample.targets.map((target, lead) => ({ sample, target, lead })));
    estimator.learnMany(
      Float32Array.from(samples.flatMap((sample) => sample.features)),
      Float32Array.from(each, ({ sample, target, lead }) =>
        target === undefined || scales[lead] === 0 ? 0 : (target - sample.baseline) / scales[lead]!,
      ),
      samples.length,
      Float32Array.from(each, ({ target }) => (target === undefined ? 0 : 1)),
    );
  };
  for (const row of rows) {
    const station = row.station as string;
    const own = row.ordinal ?? ordinal + 1;
    if (own > ordinal) while (queue.length >= batchRows) step();
    ordinal = own;
    watermark = Math.max(watermark, row.watermark ?? row.at);
    const value = row.known === undefined ? row.measured : row.known;
    if (value !== null && value !== undefined) known.set(station, value);
    const baseline = known.get(station) as number;
    const features = row.features ?? featuresOf(row);
    const issuedAt = Math.max(row.at, row.availableAt ?? row.at);
    const outputs = estimator.predictMany(Float32Array.from(features), 1);
    const predictions = leads.map((_, lead) => baseline + outputs[lead]! * scales[lead]!);
    for (const [i, lead] of leads.entries()) {
      forecasts.push({ station, issuedAt, lead, prediction: predictions[i]!, baseline, version: estimator.steps });
    }
    waiting.push({ station, issuedAt, features, baseline, predictions, targets: leads.map(() => undefined) });
    if (row.measured !== null && row.measured !== undefined) {
      leads.forEach((lead, i) => {
        const due = waiting.filter(
          (sample) => sample.station === station && sample.issuedAt + lead <= row.at && sample.issuedAt + lead >= row.at - tolerance,
        );
        // Within a lead by issue time, equal ones in order of arrival: sort is stable.
        for (const sample of due.sort((a, b) => a.issuedAt - b.issuedAt)) {
          if (sample.targets[i] !== undefined) continue;
          sample.targets[i] = row.measured as number;
          const residual = Math.abs((row.measured as number) - sample.baseline);
          scores[i]!.n++;
          scores[i]!.model += Math.abs((row.measured as number) - sample.predictions[i]!);
          scores[i]!.baseline += residual;
          residuals[i]!.n++;
          residuals[i]!.mean += (residual - residuals[i]!.mean) / residuals[i]!.n;
          if (sample.targets.every((target) => target !== undefined)) complete(sample);
        }
      });
    }
    while (waiting[0] !== undefined && waiting[0].issuedAt + horizon < watermark) complete(waiting[0]);
  }
  return { forecasts, scores, waiting: waiting.length, queued: queue.length };
}
