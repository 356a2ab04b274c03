import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { ColumnName } from '../../columnar/index.ts';
import { fanIn, type Operator, parseOptions, type StreamBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { refitting } from '../rows/refit-rows.ts';
import { LookupState } from './lookup-state.ts';
import type { Joined } from './right-columns.ts';

/** A table kept from a stream: see {@link globalTable}. */
export interface GlobalTable<T extends TypeMap> {
  readonly changes: Observable<StreamBatch<T>>;
  readonly key: KeyColumn<T>;
  readonly deleted?: ColumnName<T>;
}

/**
 * A table kept from a stream of changes, such as a compacted topic: the last row of each key. Where a pipeline has several tasks, `broadcast` lets each read all of it.
 *
 * @param options `key`: the column that names a row; `deleted`: a column whose null says that the key is gone
 * @example
 * const sensors = globalTable(streams.sensors, { key: 'id', deleted: 'place' });
 */
export function globalTable<T extends TypeMap>(
  changes: Observable<StreamBatch<T>>,
  options: { readonly key: KeyColumn<NoInfer<T>>; readonly deleted?: ColumnName<NoInfer<T>> },
): GlobalTable<T> {
  return { changes, ...options };
}

/** Options of {@link lookupJoin}. */
export const lookupJoinOptions = z.strictObject({
  key: z.string().describe('column of the stream that names a row of the table'),
  columns: z.array(z.string()).min(1).describe('columns of the table to add'),
  prefix: z.string().default('').describe('put before the names of the added columns'),
  unmatched: z.enum(['null', 'drop']).default('null').describe('rows whose key is not in the table: kept with nulls, or dropped'),
  stateTtl: stateTtlOption.stateTtl.describe(
    "a row of the table that did not change for this long, by the watermark of the table's stream, is gone; absent: rows are kept until they are deleted",
  ),
});

/** Options of {@link lookupJoin} as they are written. */
export interface LookupJoinOptions<L extends TypeMap, R extends TypeMap, C extends string, P extends string> extends StateTtl {
  readonly key: KeyColumn<L>;
  readonly columns: readonly (C & ColumnName<R>)[];
  readonly prefix?: P;
  readonly unmatched?: 'null' | 'drop';
}

/**
 * Adds to every row columns of a table's row of the same key, as the table stands at that place of the stream: rows and changes are taken in the order of the task.
 *
 * A change counts for the rows that come after it, whatever their event times; use `joinAsOf` where values must be those of the event time. A null key matches nothing.
 * With `stateTtl` a row that did not change for so long is gone, as if it had been deleted. Memory: the table, one row per key, at most as many superseded ones. A table without event time (a Parquet file, say) is read before the rows. The table's own rows go nowhere else.
 *
 * Ledger: in:0 = out + dropped:unmatched.
 *
 * @param table a table kept from a stream: {@link globalTable}
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, lookupJoin(globalTable(sensors, { key: 'id' }), { key: 'station', columns: ['latitude', 'longitude'] }));
 */
export function lookupJoin<L extends TypeMap, R extends TypeMap, const C extends string, const P extends string = ''>(
  table: GlobalTable<R>,
  options: LookupJoinOptions<NoInfer<L>, NoInfer<R>, C, P>,
): Operator<L, Joined<L, R, C, P>> {
  const settings = { ...parseOptions('lookupJoin', lookupJoinOptions, options), tableKey: table.key, deleted: table.deleted };
  return (left) =>
    fanIn<readonly [L, R], Joined<L, R, C, P>, LookupState>('lookupJoin', [left, table.changes], {
      version: 2,
      ledger: { left: ['in:0'], right: ['out', 'dropped:unmatched'] },
      create: () => new LookupState(settings),
      onTurn: (state, [rows, changes], step) => {
        const { output, unmatched } = state.take(rows, changes);
        step.count('dropped:unmatched', unmatched);
        return output as StreamBatch<Joined<L, R, C, P>> | undefined;
      },
      snapshot: (state, out) => state.write(out),
      restore: (input, step, adopts) => LookupState.read(settings, input, 2, refitting(step, adopts, 'rows of the table')),
      migrate: (input, version, step, adopts) => LookupState.read(settings, input, version, refitting(step, adopts, 'rows of the table')),
    });
}
