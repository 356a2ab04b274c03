export { type DescribeOptions, type Description, describe, describeOptions } from './analyze/describe.ts';
export { type FlagNovelOptions, flagNovel, flagNovelOptions } from './analyze/flag-novel.ts';
export { type Quality, type QualityOptions, quality, qualityOptions } from './analyze/quality.ts';
export { type SampleOptions, sample, sampleOptions } from './analyze/sample.ts';
export { type Casts, type CastTo, type CastTypes, cast } from './clean/cast.ts';
export { clipOutliers } from './clean/clip-outliers.ts';
export { type DedupeOptions, dedupe, dedupeOptions } from './clean/dedupe.ts';
export { type DetectGapsOptions, detectGaps, detectGapsOptions } from './clean/detect-gaps.ts';
export { type DetectStuckOptions, detectStuck, detectStuckOptions } from './clean/detect-stuck.ts';
export { dropNulls } from './clean/drop-nulls.ts';
export { flagOutliers } from './clean/flag-outliers.ts';
export { type Imputed, type ImputeOptions, impute, imputeOptions } from './clean/impute.ts';
export { type InterpolateOptions, interpolate, interpolateOptions } from './clean/interpolate.ts';
export { type NormalizeTextOptions, normalizeText, normalizeTextOptions } from './clean/normalize-text.ts';
export { type OutlierMethod, type OutlierOptions, outlierOptions } from './clean/outlier-bounds.ts';
export { type Resampled, type ResampleOptions, resample, resampleOptions } from './clean/resample.ts';
export { allOf, between, finite, matches, notNull, oneOf, type Rule, range, satisfies } from './clean/rules.ts';
export { type Rules, validate } from './clean/validate.ts';
export { type Fused, type FusedStreams, fuse, fuseOptions } from './integrate/fuse.ts';
export { type IntervalJoinOptions, intervalJoin, intervalJoinOptions, type SignedDuration } from './integrate/interval-join.ts';
export { type JoinAsOfOptions, joinAsOf, joinAsOfOptions } from './integrate/join-as-of.ts';
export { type JoinNeighborsOptions, joinNeighbors, joinNeighborsOptions, type WithNeighbors } from './integrate/join-neighbors.ts';
export { type GlobalTable, globalTable, type LookupJoinOptions, lookupJoin, lookupJoinOptions } from './integrate/lookup-join.ts';
export type { Joined } from './integrate/right-columns.ts';
export type { KeyColumn } from './keys/key-groups.ts';
export type { Accumulator, Aggregate, AggregateColumns } from './time/aggregates/aggregate.ts';
export { argMax, count, first, last, max, mean, min, standardDeviation, sum, variance } from './time/aggregates/numbers.ts';
export { median, quantile } from './time/aggregates/quantile.ts';
export { correlation, histogram, missingShare, outsideShare } from './time/aggregates/shares.ts';
export { type CustomAggregate, custom, distinct, firstString, lastString, topK } from './time/aggregates/values.ts';
export { type CountWindowOptions, countWindow, countWindowOptions } from './time/count-window.ts';
export { type HoppingWindowOptions, hoppingWindow, hoppingWindowOptions } from './time/hopping-window.ts';
export { type ReorderOptions, reorder, reorderOptions } from './time/reorder.ts';
export { type SessionWindowOptions, sessionWindow, sessionWindowOptions } from './time/session-window.ts';
export { type TumblingWindowOptions, tumblingWindow, tumblingWindowOptions } from './time/tumbling-window.ts';
export { type WatermarksOptions, watermarks, watermarksOptions } from './time/watermarks.ts';
export type { WindowRows } from './time/window-operator.ts';
export {
  type CalendarCycle,
  type CalendarFeatures,
  type CalendarFeaturesOptions,
  calendarFeatures,
  calendarFeaturesOptions,
} from './transform/calendar-features.ts';
export { type Differenced, type DifferenceOptions, difference, differenceOptions } from './transform/difference.ts';
export { type ExplodeOptions, explode, explodeOptions } from './transform/explode.ts';
export { type ExponentialAverageOptions, exponentialAverage, exponentialAverageOptions } from './transform/exponential-average.ts';
export type { BooleanExpression, BooleanLike } from './transform/expressions/boolean-expression.ts';
export { type ColumnReference, type Columns, column, type ExpressionOf } from './transform/expressions/columns.ts';
export type { ColumnExpression, Expression } from './transform/expressions/expression.ts';
export type { InstantExpression, InstantLike } from './transform/expressions/instant-expression.ts';
export type { NumberExpression, NumberLike } from './transform/expressions/number-expression.ts';
export type { StringExpression, StringLike } from './transform/expressions/string-expression.ts';
export { when } from './transform/expressions/when.ts';
export { type FilterRowsOptions, filterRows } from './transform/filter-rows.ts';
export { type HashEncodeOptions, hashEncode, hashEncodeOptions } from './transform/hash-encode.ts';
export { type Lagged, type LagOptions, lag, lagOptions } from './transform/lag.ts';
export { type MinMaxOptions, minMax, minMaxOptions } from './transform/min-max.ts';
export { type MineTemplatesOptions, mineTemplates, mineTemplatesOptions, type TemplateColumns } from './transform/mine-templates.ts';
export { type OneHot, type OneHotOptions, oneHot, oneHotOptions } from './transform/one-hot.ts';
export { rebatch } from './transform/rebatch.ts';
export { type Names, type Renamed, rename } from './transform/rename.ts';
export { type RollingOptions, type RollingStatistic, rolling, rollingOptions } from './transform/rolling.ts';
export { select } from './transform/select.ts';
export { type SequencesOptions, sequences, sequencesOptions } from './transform/sequences.ts';
export { type SpectrumOptions, spectrum, spectrumOptions } from './transform/spectrum.ts';
export { type StandardizeOptions, standardize, standardizeOptions } from './transform/standardize.ts';
export { type TextFeaturesOptions, textFeatures, textFeaturesOptions, tokenize } from './transform/text-features.ts';
export { type WithColumn, withColumn } from './transform/with-column.ts';
