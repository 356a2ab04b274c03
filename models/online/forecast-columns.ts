import {
  type Data,
  type DataType,
  type Dictionary,
  type Float64,
  type Int32,
  Int64,
  makeData,
  Schema,
  type TimestampMillisecond,
  type Utf8,
  Vector,
} from 'apache-arrow';
import {
  type Batch,
  type BatchSchema,
  category,
  categoryData,
  columnData,
  float64,
  float64Data,
  int64,
  makeBatch,
  numbersToInt64,
  required,
  schema,
  takeData,
  timestamp,
  timestampData,
  utf8Data,
  ValidityBuilder,
  withRoles,
} from '../../columnar/index.ts';

/** Columns of a forecast beside the key column, which keeps the name that it has in the input. */
type ForecastValues = {
  /** Event time from which the lead counts: when the forecast could be made. */
  issuedAt: TimestampMillisecond;
  /** issuedAt + lead: the time forecast. */
  targetTime: TimestampMillisecond;
  /** `+1h`, ... */
  lead: Dictionary<Utf8, Int32>;
  /** In units of the target; null where the baseline knew nothing yet. */
  prediction: Float64;
  /** The naive forecast; null where no value was known yet. */
  baseline: Float64;
  /** Optimizer steps that the model had made. */
  modelVersion: Int64;
};

/** What `learn` puts out: one row per input row and lead. `Key` is the name of the key column, where it was given. */
export type ForecastColumns<Key extends string = never, Type extends DataType = Dictionary<Utf8, Int32>> = {
  [K in Key]: Type;
} & ForecastValues;

/** One entry per forecast: row by row, and within a row lead by lead. */
export interface ForecastBuffers {
  readonly issuedAt: Float64Array;
  readonly predictions: Float64Array;
  readonly baselines: Float64Array;
  readonly versions: Float64Array;
}

export function forecastBuffers(forecasts: number): ForecastBuffers {
  const column = () => new Float64Array(forecasts);
  return { issuedAt: column(), predictions: column(), baselines: column(), versions: column() };
}

/** Builds forecast batches of one stream: schema and dictionary of the leads are made once. */
export class ForecastRows {
  readonly #key: string;
  readonly #leads: Float64Array;
  readonly #leadNames: Vector<Utf8>;
  #schema: BatchSchema | undefined;

  constructor(key: string, leads: Float64Array, leadNames: readonly string[]) {
    this.#key = key;
    this.#leads = leads;
    this.#leadNames = new Vector([utf8Data(leadNames)]);
  }

  /** The forecasts of the input rows named; `rows` lists each row once per lead. */
  batch(input: Batch, rows: Int32Array, buffers: ForecastBuffers): Batch<ForecastColumns> {
    const count = rows.length;
    const keys = columnData(input, this.#key);
    this.#schema ??= forecastSchema(this.#key, input.schema);
    const leadCodes = Int32Array.from({ length: count }, (_, row) => row % this.#leads.length);
    const targetTimes = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      targetTimes[row] = (buffers.issuedAt[row] as number) + (this.#leads[row % this.#leads.length] as number);
    }
    return makeBatch(this.#schema, [
      takeData(keys, rows),
      timestampData(buffers.issuedAt.subarray(0, count)),
      timestampData(targetTimes),
      categoryData(leadCodes, this.#leadNames),
      nullableData(buffers.predictions.subarray(0, count)),
      nullableData(buffers.baselines.subarray(0, count)),
      makeData({ type: new Int64(), length: count, data: numbersToInt64(buffers.versions, count) }),
    ]) as Batch<ForecastColumns>;
  }
}

function forecastSchema(key: string, input: BatchSchema): BatchSchema {
  const values = schema<ForecastValues>({
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    lead: required(category()),
    prediction: float64(),
    baseline: float64(),
    modelVersion: required(int64()),
  });
  const keyField = input.fields.find((field) => field.name === key);
  return withRoles(new Schema([keyField, ...values.fields] as never), { key, eventTime: 'issuedAt' } as never);
}

/** Values whose NaN means null. */
function nullableData(values: Float64Array): Data<Float64> {
  const nulls = new ValidityBuilder(values.length);
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row] as number)) nulls.setNull(row);
  return float64Data(values, nulls);
}
