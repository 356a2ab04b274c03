import { createHash } from 'node:crypto';
import { encodeHeaders, type RawRecord, type RecordColumns, RecordWriter } from '../connectors/index.ts';
import type { Stretch } from './input-merge.ts';
import type { StepRejection } from './steps.ts';
import { findRecord, turnRejects } from './turn.ts';

/** Raw bytes of a rejected record are published up to this many; of a larger one its head, with length and hash in the headers. */
export const REJECT_BYTES = 900 * 1024;
const HEAD_BYTES = 4 * 1024;

/** What is wrong with one record or row, and where it came from. */
interface Reject {
  readonly step: string;
  readonly reason: string;
  readonly source: string;
  readonly partition: number | undefined;
  readonly record: Pick<RawRecord, 'key' | 'value' | 'timestamp'> & { readonly offset?: number };
}

const encoder = new TextEncoder();

/**
 * Publishes what a task could not take: raw bytes as they came, and headers that say from where, in which step and why. A row whose record is no longer at hand is
 * published as JSON text.
 */
export class Rejects {
  readonly #writer = new RecordWriter();
  readonly #limit: number;

  constructor(limit = REJECT_BYTES) {
    this.#limit = limit;
  }

  /** Takes the rejects of a turn in stream order: records that were not decoded, then rows that a step refused, by ordinal. */
  addTurn(stretches: readonly Stretch[], rejections: readonly StepRejection[]): void {
    const placed = [
      ...turnRejects(stretches).map(({ ordinal, reject }) => ({ ordinal, reject: { step: 'decode', ...reject } as Reject })),
      ...rejections.map((row) => ({ ordinal: row.ordinal, reject: rowReject(stretches, row) })),
    ];
    placed.sort((a, b) => a.ordinal - b.ordinal);
    for (const { reject } of placed) this.#add(reject);
  }

  #add({ step, reason, source, partition, record }: Reject): void {
    const { value } = record;
    const whole = value === null || value.length <= this.#limit;
    const headers: [string, string][] = [
      ['millrace.step', step],
      ['millrace.reason', reason],
      ['millrace.topic', source],
    ];
    if (partition !== undefined) headers.push(['millrace.partition', String(partition)]);
    if (record.offset !== undefined) headers.push(['millrace.offset', String(record.offset)]);
    if (!whole)
      headers.push(['millrace.bytes', String(value.length)], ['millrace.sha256', createHash('sha256').update(value).digest('hex')]);
    this.#writer.value(whole ? value : value.subarray(0, HEAD_BYTES));
    this.#writer.endRecord({
      key: record.key,
      timestamp: record.timestamp,
      headers: encodeHeaders(headers.map(([key, text]) => ({ key, value: encoder.encode(text) }))),
    });
  }

  /** The records of the epoch. */
  take(): RecordColumns | undefined {
    return this.#writer.count === 0 ? undefined : this.#writer.finish();
  }
}

function rowReject(stretches: readonly Stretch[], row: StepRejection): Reject {
  const found = findRecord(stretches, row.ordinal);
  const { step, reason } = row;
  if (found === undefined) {
    return { step, reason, source: '', partition: undefined, record: { key: null, value: encoder.encode(row.row), timestamp: 0 } };
  }
  const { rows } = found.stretch.taken;
  return { step, reason, source: rows.source, partition: rows.partition, record: found.record };
}
