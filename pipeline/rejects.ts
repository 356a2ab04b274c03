import { createHash } from 'node:crypto';
import { encodeHeaders, type RawRecord, type RecordColumns, RecordWriter } from '../connectors/index.ts';
import type { Stretch } from './input-merge.ts';
import type { StepRejection } from './steps.ts';
import { findRecord, turnRejects } from './turn.ts';

/** Key, value and headers of a rejected record are published up to this many bytes; of a larger one the head of key and value, with length and hash in the headers. */
export const REJECT_BYTES = 900 * 1024;
const HEAD_BYTES = 4 * 1024;
/** A reason quotes what it found, which may be a string of any length. */
const REASON_LENGTH = 1000;

/** What is wrong with one record or row, and where it came from. */
interface Reject {
  readonly step: string;
  readonly reason: string;
  readonly source: string;
  readonly partition: number | undefined;
  readonly record: Pick<RawRecord, 'key' | 'value' | 'headers' | 'timestamp'> & { readonly offset?: number };
}

const encoder = new TextEncoder();

/**
 * Publishes what a task could not take: key, value and headers as they came, and headers of its own that say from where, in which step and why. A row whose record is no longer at hand is
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
    const own = stretches.filter(({ input }) => !input.rejectedElsewhere);
    const placed = [
      ...turnRejects(own).map(({ ordinal, reject }) => ({ ordinal, reject: { step: 'decode', ...reject } as Reject })),
      ...rejections
        .filter(({ ordinal }) => own.length === stretches.length || !findRecord(stretches, ordinal)?.stretch.input.rejectedElsewhere)
        .map((row) => ({ ordinal: row.ordinal, reject: rowReject(stretches, row) })),
    ];
    placed.sort((a, b) => a.ordinal - b.ordinal);
    for (const { reject } of placed) this.#add(reject);
  }

  #add({ step, reason, source, partition, record }: Reject): void {
    const { key, value } = record;
    const whole = recordBytes(record) <= this.#limit;
    const headers: [string, string][] = [
      ['millrace.step', step],
      ['millrace.reason', reason.length <= REASON_LENGTH ? reason : `${reason.slice(0, REASON_LENGTH)}...`],
      ['millrace.topic', source],
    ];
    if (partition !== undefined) headers.push(['millrace.partition', String(partition)]);
    if (record.offset !== undefined) headers.push(['millrace.offset', String(record.offset)]);
    if (!whole) {
      const sha256 = createHash('sha256')
        .update(value ?? NOTHING)
        .digest('hex');
      headers.push(['millrace.bytes', String(value?.length ?? 0)], ['millrace.sha256', sha256]);
    }
    this.#writer.value(whole ? value : head(value));
    this.#writer.endRecord({
      key: whole ? key : head(key),
      timestamp: record.timestamp,
      headers: encodeHeaders([
        ...(whole ? record.headers : []),
        ...headers.map(([name, text]) => ({ key: name, value: encoder.encode(text) })),
      ]),
    });
  }

  /** The records of the epoch. */
  take(): RecordColumns | undefined {
    return this.#writer.count === 0 ? undefined : this.#writer.finish();
  }
}

const NOTHING = new Uint8Array(0);

const head = (bytes: Uint8Array | null) => bytes?.subarray(0, HEAD_BYTES) ?? null;

/** What a record takes, about. */
function recordBytes({ key, value, headers }: Reject['record']): number {
  const inHeaders = headers.reduce((sum, header) => sum + header.key.length + (header.value?.length ?? 0), 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + inHeaders;
}

function rowReject(stretches: readonly Stretch[], row: StepRejection): Reject {
  const found = findRecord(stretches, row.ordinal);
  const { step, reason } = row;
  if (found === undefined) {
    const record = { key: null, value: encoder.encode(row.row), headers: [], timestamp: 0 };
    return { step, reason, source: '', partition: undefined, record };
  }
  const { rows } = found.stretch.taken;
  return { step, reason, source: rows.source, partition: rows.partition, record: found.record };
}
