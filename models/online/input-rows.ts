import {
  instantsOf,
  type KeyInterner,
  type NumberView,
  numberView,
  rolesOf,
  stringView,
  type TensorView,
  tensorView,
  Validity,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { MillraceError, type StreamBatch } from '../../streams/index.ts';
import type { LearnSettings } from './learn-options.ts';

/** The columns of one input batch as `learn` reads them. */
export interface InputRows {
  readonly length: number;
  readonly batch: StreamBatch;
  /** Dense number of each row's key, -1 where null. */
  readonly keys: Int32Array;
  /** Event time in ms, NaN where null. */
  readonly times: Float64Array;
  /** Event time from which leads count: when the row could be known, else its own; NaN where null. */
  readonly issuedAt: Float64Array;
  readonly features: TensorView;
  readonly targets: NumberView;
  readonly baselines: NumberView;
}

/** Names of the key and event-time columns, by option or role. */
export function rolesFor(input: StreamBatch, settings: LearnSettings): { key: string; eventTime: string } {
  const roles = rolesOf(input.batch.schema);
  const key = settings.key ?? roles.key;
  if (key === undefined || roles.eventTime === undefined) {
    const missing = key === undefined ? 'key' : 'event-time';
    throw new MillraceError('SCHEMA_MISMATCH', `learn needs a ${missing} column, and the schema names none`, {
      hint: `give the schema its roles: schema({ ... }, { eventTime: 'at', key: 'station' })`,
    });
  }
  return { key, eventTime: roles.eventTime };
}

/** Views the columns. Throws SCHEMA_MISMATCH when one is missing or of another type, or when the tensor does not fit the estimator. */
export function inputRows(input: StreamBatch, interner: KeyInterner, settings: LearnSettings, inputSize: number): InputRows {
  const { key, eventTime } = rolesFor(input, settings);
  const { batch } = input;
  try {
    stringView(batch, key);
    const times = instantsOf(batch, eventTime);
    const rows: InputRows = {
      length: batch.numRows,
      batch: input,
      keys: interner.codesOf(batch, key),
      times,
      issuedAt: issueTimes(times, input.availableAt),
      features: joinTensors(settings.features.map((name) => tensorView(batch, name))),
      targets: numberView(batch, settings.target),
      baselines: numberView(batch, settings.baseline.column),
    };
    checkSize(rows.features.size, inputSize, settings);
    return rows;
  } catch (thrown) {
    throw MillraceError.from(thrown, 'SCHEMA_MISMATCH');
  }
}

function checkSize(size: number, inputSize: number, { features }: LearnSettings): void {
  if (size === inputSize) return;
  const names = features.map((name) => `'${name}'`).join(' and ');
  throw new MillraceError('SCHEMA_MISMATCH', `features ${names} have ${size} values per row, the estimator reads ${inputSize}`, {
    hint: 'make length x columns of sequences equal to the inputShape of the network',
  });
}

/** Several tensor columns as one: their values side by side, null where one of them is. */
function joinTensors(views: readonly TensorView[]): TensorView {
  const [first] = views;
  if (first === undefined || views.length === 1) return first as TensorView;
  const size = views.reduce((sum, view) => sum + view.size, 0);
  const values = new Float32Array(first.length * size);
  const nulls = new ValidityBuilder(first.length);
  let offset = 0;
  for (const view of views) {
    for (let row = 0; row < first.length; row++) {
      values.set(view.values.subarray(row * view.size, (row + 1) * view.size), row * size + offset);
    }
    offset += view.size;
  }
  for (let row = 0; row < first.length; row++) if (!views.every((view) => view.validity.isValid(row))) nulls.setNull(row);
  return { values, size, validity: new Validity(nulls.finish()), length: first.length };
}

function issueTimes(times: Float64Array, availableAt: Float64Array | undefined): Float64Array {
  if (availableAt === undefined) return times;
  return times.map((time, row) => {
    const available = availableAt[row] as number;
    return Number.isNaN(available) ? time : Math.max(time, available);
  });
}

/** Why a row cannot be taken, or undefined when it can. */
export function flawOf(rows: InputRows, row: number, settings: LearnSettings): string | undefined {
  if ((rows.keys[row] as number) < 0) return 'the key is null';
  if (Number.isNaN(rows.times[row] as number)) return 'the event time is null';
  return (
    featureFlaw(rows.features, row, settings.features) ??
    valueFlaw(rows.targets, row, settings.target) ??
    valueFlaw(rows.baselines, row, settings.baseline.column)
  );
}

function featureFlaw(features: TensorView, row: number, names: readonly string[]): string | undefined {
  if (!features.validity.isValid(row)) return `a feature (${names.join(', ')}) is null`;
  const at = firstNonFinite(features, row);
  if (at < 0) return undefined;
  return `feature ${at} (of ${names.join(', ')}) is ${features.values[row * features.size + at]}; a model takes finite numbers only`;
}

function valueFlaw({ validity, values }: NumberView, row: number, name: string): string | undefined {
  return Number.isFinite(values[row]) || !validity.isValid(row) ? undefined : `column '${name}' holds ${values[row]}`;
}

/** Position of the first NaN or infinity in a row's features, or -1. */
function firstNonFinite({ values, size }: TensorView, row: number): number {
  const from = row * size;
  let zero = 0;
  // x * 0 is NaN for NaN and infinities: one sum tells of the whole row without a branch per value.
  for (let at = from; at < from + size; at++) zero += (values[at] as number) * 0;
  return zero === 0 ? -1 : values.subarray(from, from + size).findIndex((value) => !Number.isFinite(value));
}

/** The value of a row, NaN where null. */
export function numberAt(view: NumberView, row: number): number {
  return view.validity.isValid(row) ? (view.values[row] as number) : Number.NaN;
}

/** A row as text for the rejects: its columns but the features. */
export function rowText(rows: InputRows, row: number, settings: LearnSettings): string {
  const { key, eventTime } = rolesFor(rows.batch, settings);
  const at = rows.times[row] as number;
  return JSON.stringify({
    [key]: stringView(rows.batch.batch, key).get(row),
    [eventTime]: Number.isNaN(at) ? null : new Date(at).toISOString(),
    [settings.target]: rows.targets.validity.isValid(row) ? rows.targets.values[row] : null,
  });
}
