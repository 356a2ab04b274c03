import type { Float64 } from 'apache-arrow';
import {
  type ColumnsOf,
  float64Data,
  mapBatch,
  numberView,
  type Operator,
  stringView,
  type TypeMap,
  ValidityBuilder,
  type WithColumns,
  withColumns,
} from 'millrace';
import { type reading, STATIONS } from './schemas.ts';

type Reading = ColumnsOf<typeof reading>;
type Neighbor = `pm25_${(typeof STATIONS)[number]}`;
export type NeighborDifference = `neighbor_${(typeof STATIONS)[number]}`;

/** The sixteen points of the compass, clockwise from north. */
const COMPASS = ['N', 'NNE', 'NE', 'ENE', 'E', 'ESE', 'SE', 'SSE', 'S', 'SSW', 'SW', 'WSW', 'W', 'WNW', 'NW', 'NNW'];
/** Sine of 0, 22.5, 45, 67.5 and 90 degrees: the compass needs no others. */
const SINES = [0, 0.3826834323650898, Math.SQRT1_2, 0.9238795325112867, 1];

/** Sine of a compass point's direction. */
function compassSine(point: number): number {
  const place = point % 16;
  const quarter = place % 8;
  const value = SINES[quarter <= 4 ? quarter : 8 - quarter] as number;
  return place < 8 ? value : -value;
}

/** Adds the wind as two components in m/s, from the west and from the south being negative; 0 in a calm or where the direction is not known. */
export function windComponents<T extends Pick<Reading, 'windSpeed' | 'windDirection'> & TypeMap>(): Operator<
  T,
  WithColumns<T, { windEast: Float64; windNorth: Float64 }>
> {
  return mapBatch('windComponents', (batch) => {
    const speed = numberView(batch, 'windSpeed').values;
    const direction = stringView(batch, 'windDirection');
    const east = new Float64Array(batch.numRows);
    const north = new Float64Array(batch.numRows);
    for (let row = 0; row < batch.numRows; row++) {
      const point = COMPASS.indexOf(direction.get(row) ?? '');
      if (point < 0) continue;
      east[row] = (speed[row] as number) * compassSine(point);
      north[row] = (speed[row] as number) * compassSine(point + 4);
    }
    return withColumns(batch, { windEast: float64Data(east), windNorth: float64Data(north) });
  });
}

/** Adds `neighbor_<station>`: how much more PM2.5 a neighbor has than the row's own station. */
export function neighborDifferences<T extends { readonly [K in Neighbor | 'pm25']: Float64 } & TypeMap>(): Operator<
  T,
  WithColumns<T, { [K in NeighborDifference]: Float64 }>
> {
  return mapBatch('neighborDifferences', (batch) => {
    const own = numberView(batch, 'pm25');
    const added = STATIONS.map((station) => {
      const neighbor = numberView(batch, `pm25_${station}`);
      const nulls = new ValidityBuilder(batch.numRows);
      const values = new Float64Array(batch.numRows);
      for (let row = 0; row < batch.numRows; row++) {
        if (own.validity.isValid(row) && neighbor.validity.isValid(row))
          values[row] = (neighbor.values[row] as number) - (own.values[row] as number);
        else nulls.setNull(row);
      }
      return [`neighbor_${station}`, float64Data(values, nulls)] as const;
    });
    return withColumns(batch, Object.fromEntries(added) as { [K in NeighborDifference]: ReturnType<typeof float64Data> });
  });
}
