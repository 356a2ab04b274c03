import { Vector } from 'apache-arrow';
import type { Position, ReadBudget, RejectedRecord, SourceBatch, SourceDefinition } from '../../../connectors/contract/index.ts';

/** Everything that a source gave: rows as plain values, offsets, positions. */
export interface ReadRows {
  readonly rows: unknown[][];
  readonly offsets: number[];
  readonly rejects: RejectedRecord[];
  position: Position | undefined;
  records: number;
}

/** Reads a source to its end, or to `until`. */
export async function readAll(
  definition: SourceDefinition<never>,
  options: {
    position?: Position | undefined;
    budget?: () => ReadBudget;
    until?: Position | undefined;
    seen?: (batch: SourceBatch<never>) => void;
    /** Without values, rows are only counted. */
    values?: boolean;
  } = {},
): Promise<ReadRows> {
  const source = definition.create();
  const read: ReadRows = { rows: [], offsets: [], rejects: [], position: options.position, records: 0 };
  try {
    await source.open(0, options.position);
    for (;;) {
      const batch = await source.next({
        ...(options.budget?.() ?? { rows: 4_096, bytes: 1e9 }),
        ...(options.until && { until: options.until }),
      });
      if (typeof batch === 'string') return read;
      options.seen?.(batch);
      append(read, batch, options.values ?? true);
    }
  } finally {
    await source.close();
  }
}

function append(read: ReadRows, batch: SourceBatch<never>, values: boolean): void {
  const columns = !values ? [] : batch.batch.data.children.map((data) => [...new Vector([data])]);
  for (let row = 0; row < batch.batch.numRows; row++) read.rows.push(columns.map((column) => column[row]));
  read.offsets.push(...batch.offset);
  read.rejects.push(...batch.rejects);
  read.position = batch.position;
  read.records += batch.records;
}
