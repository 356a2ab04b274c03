/**
 * Makes examples/air-quality/data/beijing-air.parquet from the CSV files of the UCI data set 501 (see the README beside it).
 *
 *     node scripts/make-air-quality.ts [OUTPUT]
 *
 * MILLRACE_DATA names the folder that holds beijing-air/PRSA_Data_*.csv.gz (../shared/data by default).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import {
  batchToIpc,
  float64,
  float64Data,
  makeBatch,
  required,
  schema,
  timestamp,
  timestampData,
  utf8,
  utf8Data,
  ValidityBuilder,
} from '../columnar/index.ts';

/** Nine row groups of equal size, each of whole hours of six stations. */
const ROW_GROUP = 23_376;
/** The source counts hours of Beijing, which is UTC+8 all year round. */
const BEIJING_OFFSET = 8 * 3_600_000;

/** Our names for the numeric columns of the source. */
const NUMBERS = {
  pm25: 'PM2.5',
  pm10: 'PM10',
  so2: 'SO2',
  no2: 'NO2',
  co: 'CO',
  o3: 'O3',
  temperature: 'TEMP',
  pressure: 'PRES',
  dewPoint: 'DEWP',
  rain: 'RAIN',
  windSpeed: 'WSPM',
} as const;
const NUMBER_NAMES = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];

interface Reading {
  readonly station: string;
  /** Milliseconds since the epoch, UTC. */
  readonly at: number;
  readonly numbers: readonly (number | null)[];
  readonly windDirection: string | null;
}

const numberOrNull = (cell: string): number | null => {
  const number = Number(cell);
  if (cell !== 'NA' && (cell === '' || Number.isNaN(number))) throw new Error(`'${cell}' is neither a number nor NA`);
  return cell === 'NA' ? null : number;
};

/** The source quotes text and never puts a comma or a quote inside it. */
function parseReadings(csv: string): Reading[] {
  const [header = '', ...lines] = csv.trimEnd().replaceAll('"', '').split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    const [year, month, day, hour] = ['year', 'month', 'day', 'hour'].map((name) => Number(cell(name))) as [number, number, number, number];
    return {
      station: cell('station'),
      at: Date.UTC(year, month - 1, day, hour) - BEIJING_OFFSET,
      numbers: NUMBER_NAMES.map((name) => numberOrNull(cell(NUMBERS[name]))),
      windDirection: cell('wd') === 'NA' ? null : cell('wd'),
    };
  });
}

function readAll(folder: string): Reading[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.csv.gz'));
  const readings = files.flatMap((name) => parseReadings(gunzipSync(readFileSync(join(folder, name))).toString('utf8')));
  return readings.sort((left, right) => left.at - right.at || (left.station < right.station ? -1 : 1));
}

function numberColumn(readings: readonly Reading[], column: number) {
  const values = new Float64Array(readings.length);
  const validity = new ValidityBuilder(readings.length);
  readings.forEach(({ numbers }, row) => {
    const value = numbers[column] ?? null;
    if (value === null) validity.setNull(row);
    else values[row] = value;
  });
  return float64Data(values, validity);
}

function toBatch(readings: readonly Reading[]) {
  const numberColumns = Object.fromEntries(NUMBER_NAMES.map((name) => [name, float64()]));
  const columns = schema({ station: required(utf8()), at: required(timestamp()), ...numberColumns, windDirection: utf8() });
  return makeBatch(columns, [
    utf8Data(readings.map((reading) => reading.station)),
    timestampData(readings.map((reading) => reading.at)),
    ...NUMBER_NAMES.map((_, column) => numberColumn(readings, column)),
    utf8Data(readings.map((reading) => reading.windDirection)),
  ]);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(process.env.MILLRACE_DATA ?? join(root, '../shared/data'), 'beijing-air');
const output = process.argv[2] ?? join(root, 'examples/air-quality/data/beijing-air.parquet');
const readings = readAll(source);
const properties = new WriterPropertiesBuilder().setCompression(Compression.ZSTD).setMaxRowGroupSize(ROW_GROUP).build();
const bytes = writeParquet(Table.fromIPCStream(batchToIpc(toBatch(readings))), properties);
writeFileSync(output, bytes);
console.log(`${output}: ${readings.length} rows, ${bytes.length} bytes`);
