import { type ForecastBuffers, forecastBuffers } from './forecast-columns.ts';
import type { InputRows } from './input-rows.ts';

/** Ledger counters of `learn`, in forecasts (rows x leads). */
export const COUNTERS = ['labeled', 'expired', 'overflowed', 'unpredicted', 'waiting'] as const;
export type Counter = (typeof COUNTERS)[number];

/** One input batch on its way through `learn`. */
export interface Turn {
  readonly rows: InputRows;
  /** Row numbers of the rows that were not rejected; `count` of them so far. */
  readonly taken: Int32Array;
  count: number;
  /** How many of the taken rows are predicted. */
  predicted: number;
  /** Per taken row: its sample in the label ledger, or -1. */
  readonly samples: Float64Array;
  /** Forecasts of the taken rows. */
  readonly buffers: ForecastBuffers;
  readonly counts: Record<Counter, number>;
}

export function startTurn(rows: InputRows, leads: number): Turn {
  return {
    rows,
    taken: new Int32Array(rows.length),
    count: 0,
    predicted: 0,
    samples: new Float64Array(rows.length),
    buffers: forecastBuffers(rows.length * leads),
    counts: { labeled: 0, expired: 0, overflowed: 0, unpredicted: 0, waiting: 0 },
  };
}
