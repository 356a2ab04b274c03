import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type InstantColumn, ValidityBuilder, type WithColumns, withColumns } from '../../columnar/index.ts';
import { cos, sin } from '../../kernels/index.ts';
import { mapBatch, milliseconds, type Operator, parseOptions } from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';

/** Cycles of the calendar: the time of day, the day of the week, the month of the year, the day of the year. */
export type CalendarCycle = 'hour' | 'weekday' | 'month' | 'yearDay';

/** Options of {@link calendarFeatures}. */
export const calendarFeaturesOptions = z.strictObject({
  column: z.string().optional().describe('timestamp column; absent: the event time'),
  utcOffset: z
    .custom<string | number>(
      (value) => offsetOf(value as string) !== undefined,
      'expected an offset such as 8h, -5h or a number of milliseconds',
    )
    .default(0)
    .transform((value) => offsetOf(value) as number)
    .describe('local time less UTC, the same all year'),
  cycles: z
    .array(z.enum(['hour', 'weekday', 'month', 'yearDay']))
    .min(1)
    .default(['hour', 'weekday', 'month'])
    .describe('which cycles become columns'),
});

/** Options of {@link calendarFeatures} as they are written. */
export interface CalendarFeaturesOptions<T extends TypeMap, C extends CalendarCycle> {
  readonly column?: InstantColumn<T>;
  readonly utcOffset?: number | `${'' | '-'}${number}${'m' | 'h'}`;
  readonly cycles?: readonly C[];
}

/** The columns that {@link calendarFeatures} adds. */
export type CalendarFeatures<C extends CalendarCycle> = { [K in `${C}${'Sin' | 'Cos'}`]: Float64 };

/**
 * Adds where on the cycles of the calendar an instant lies, as sine and cosine: `hourSin`, `hourCos`, `weekdaySin`, ..., so that 23:00 lies beside 0:00.
 *
 * hour: the time of day, continuous; weekday: 0 Monday to 6 Sunday, over 7; month: 0 January to 11 December, over 12; yearDay: days since 1 January, over
 * 365 or 366. The calendar is the Gregorian one, for all years. Zones with summer time have no single offset: use UTC, or columns of your own.
 * A null instant gives nulls.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, calendarFeatures({ utcOffset: '8h' }));
 */
export function calendarFeatures<T extends TypeMap, const C extends CalendarCycle = 'hour' | 'weekday' | 'month'>(
  options: CalendarFeaturesOptions<NoInfer<T>, C> = {},
): Operator<T, WithColumns<T, CalendarFeatures<C>>> {
  const { column, utcOffset, cycles } = parseOptions('calendarFeatures', calendarFeaturesOptions, options);
  return mapBatch<T, WithColumns<T, CalendarFeatures<C>>>('calendarFeatures', (batch) => {
    const instants = eventTimes(batch, column);
    const added = cycles.flatMap((cycle) => {
      const [sines, cosines] = onCircle(instants, utcOffset, FRACTIONS[cycle]);
      return [
        [`${cycle}Sin`, sines],
        [`${cycle}Cos`, cosines],
      ];
    });
    return withColumns(batch, Object.fromEntries(added)) as never;
  });
}

const DAY = 86_400_000;

/** Turns, from 0 to 1, since a cycle's start; `local` is local time in ms. */
const FRACTIONS: { readonly [C in CalendarCycle]: (local: number) => number } = {
  hour: (local) => (local - Math.floor(local / DAY) * DAY) / DAY,
  // Day 0 of the epoch was a Thursday.
  weekday: (local) => (((Math.floor(local / DAY) % 7) + 10) % 7) / 7,
  month: (local) => new Date(local).getUTCMonth() / 12,
  yearDay: (local) => {
    const year = new Date(local).getUTCFullYear();
    const start = Date.UTC(year, 0, 1);
    return Math.floor((local - start) / DAY) / Math.round((Date.UTC(year + 1, 0, 1) - start) / DAY);
  },
};

function onCircle(instants: Float64Array, utcOffset: number, fractionOf: (local: number) => number) {
  const sines = new Float64Array(instants.length);
  const cosines = new Float64Array(instants.length);
  const nulls = new ValidityBuilder(instants.length);
  for (let row = 0; row < instants.length; row++) {
    const instant = instants[row] as number;
    if (Number.isNaN(instant)) nulls.setNull(row);
    else if (row > 0 && instant === instants[row - 1]) {
      // Rows of one tick share their instant; a sine costs more than a look back.
      sines[row] = sines[row - 1] as number;
      cosines[row] = cosines[row - 1] as number;
    } else {
      const angle = 2 * Math.PI * fractionOf(instant + utcOffset);
      sines[row] = sin(angle);
      cosines[row] = cos(angle);
    }
  }
  return [float64Data(sines, nulls), float64Data(cosines, nulls)] as const;
}

function offsetOf(value: string | number): number | undefined {
  if (typeof value === 'string' && value.startsWith('-')) {
    const span = milliseconds(value.slice(1));
    return span === undefined ? undefined : -span;
  }
  return milliseconds(value);
}
