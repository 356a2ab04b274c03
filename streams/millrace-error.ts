import { ColumnError } from '../columnar/index.ts';

/** Where a row or record came from. Positions are record offsets in a topic partition, or row numbers in a file. */
export interface Origin {
  /** Topic, file or other source name. */
  readonly source: string;
  readonly partition: number;
  /** Offset of the first record concerned. */
  readonly offset?: number;
}

/** The closed list of error codes. */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_PIPELINE'
  | 'SCHEMA_MISMATCH'
  | 'DECODE_FAILED'
  | 'FILE_UNREADABLE'
  | 'OPERATOR_FAILED'
  | 'MODEL_FAILED'
  | 'SOURCE_FAILED'
  | 'SINK_FAILED'
  | 'STORE_FAILED'
  | 'STORE_DAMAGED'
  | 'STATE_LOCKED'
  | 'STATE_INCOMPATIBLE'
  | 'STATE_TOO_LARGE'
  | 'DIVERGED'
  | 'FENCED'
  | 'LEDGER_UNBALANCED'
  | 'UNKNOWN_TOPIC'
  | 'AUTHENTICATION_FAILED'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  | 'INTERNAL';

export interface MillraceErrorOptions {
  /** Id of the pipeline step that failed. */
  readonly step?: string;
  readonly origin?: Origin;
  /** Whether trying the same again can help. */
  readonly retry?: 'never' | 'backoff';
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error of Millrace: says what happened, where, and what to do.
 *
 * @example
 * throw new MillraceError('UNKNOWN_TOPIC', "topic 'readings' does not exist", { hint: 'create it with: millrace topics --create readings' });
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly step: string | undefined;
  readonly origin: Origin | undefined;
  readonly retry: 'never' | 'backoff';
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.step = options.step;
    this.origin = options.origin && placeOf(options.origin);
    this.retry = options.retry ?? 'never';
    this.hint = options.hint;
  }

  /** Wraps anything thrown; a MillraceError keeps its code and gains the step and origin that it lacked. */
  static from(
    thrown: unknown,
    code: ErrorCode,
    where: Pick<MillraceErrorOptions, 'step' | 'origin' | 'hint' | 'retry'> = {},
  ): MillraceError {
    if (thrown instanceof MillraceError) {
      if ((thrown.step ?? where.step) === thrown.step && (thrown.origin ?? where.origin) === thrown.origin) return thrown;
      const { code: known, message, retry, cause } = thrown;
      return new MillraceError(known, message, {
        step: thrown.step ?? where.step,
        origin: thrown.origin ?? where.origin,
        hint: thrown.hint ?? where.hint,
        retry,
        cause: cause ?? thrown,
      });
    }
    // A column that is missing or of another type is the schema's fault, whichever operator met it first.
    const known = thrown instanceof ColumnError ? 'SCHEMA_MISMATCH' : code;
    return new MillraceError(known, thrown instanceof Error ? thrown.message : String(thrown), { ...where, cause: thrown });
  }

  /** One line: what, where, what to do. */
  describe(): string {
    const origin = this.origin;
    const place =
      origin === undefined
        ? ''
        : ` at ${origin.source}/${origin.partition}${origin.offset === undefined ? '' : ` offset ${origin.offset}`}`;
    const step = this.step === undefined ? '' : ` in step '${this.step}'`;
    const hint = this.hint === undefined ? '' : ` (${this.hint})`;
    return `${this.code}: ${this.message}${step}${place}${hint}`.replaceAll('\n', ' ');
  }
}

/** The place alone: an error must not hold on to a batch's columns, nor take them to another thread. */
function placeOf(origin: Origin): Origin {
  if (!('records' in origin)) return origin;
  const { source, partition, offset } = origin;
  return { source, partition, ...(offset === undefined ? {} : { offset }) };
}
