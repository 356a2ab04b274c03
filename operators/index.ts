export { type DedupeOptions, dedupe, dedupeOptions } from './clean/dedupe.ts';
export { type Imputed, type ImputeOptions, impute, imputeOptions } from './clean/impute.ts';
export { allOf, between, finite, matches, notNull, oneOf, type Rule, range, satisfies } from './clean/rules.ts';
export { type Rules, validate } from './clean/validate.ts';
export { type IntervalJoinOptions, intervalJoin, intervalJoinOptions, type SignedDuration } from './integrate/interval-join.ts';
export { type JoinAsOfOptions, joinAsOf, joinAsOfOptions } from './integrate/join-as-of.ts';
export { type JoinNeighborsOptions, joinNeighbors, joinNeighborsOptions, type WithNeighbors } from './integrate/join-neighbors.ts';
export { type GlobalTable, globalTable, type LookupJoinOptions, lookupJoin, lookupJoinOptions } from './integrate/lookup-join.ts';
export type { Joined } from './integrate/right-columns.ts';
export type { KeyColumn } from './keys/key-groups.ts';
export type { Accumulator, Aggregate, AggregateColumns } from './time/aggregates/aggregate.ts';
export { count, first, last, max, mean, min, standardDeviation, sum, variance } from './time/aggregates/numbers.ts';
export { median, quantile } from './time/aggregates/quantile.ts';
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
export type { BooleanExpression, BooleanLike } from './transform/expressions/boolean-expression.ts';
export { type ColumnReference, type Columns, column, type ExpressionOf } from './transform/expressions/columns.ts';
export type { ColumnExpression, Expression } from './transform/expressions/expression.ts';
export type { InstantExpression, InstantLike } from './transform/expressions/instant-expression.ts';
export type { NumberExpression, NumberLike } from './transform/expressions/number-expression.ts';
export type { StringExpression, StringLike } from './transform/expressions/string-expression.ts';
export { when } from './transform/expressions/when.ts';
export { type FilterRowsOptions, filterRows } from './transform/filter-rows.ts';
export { type Lagged, type LagOptions, lag, lagOptions } from './transform/lag.ts';
export { type OneHot, type OneHotOptions, oneHot, oneHotOptions } from './transform/one-hot.ts';
export { type Names, type Renamed, rename } from './transform/rename.ts';
export { select } from './transform/select.ts';
export { type SequencesOptions, sequences, sequencesOptions } from './transform/sequences.ts';
export { type StandardizeOptions, standardize, standardizeOptions } from './transform/standardize.ts';
export { type WithColumn, withColumn } from './transform/with-column.ts';
