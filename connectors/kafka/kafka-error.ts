import { type ErrorCode, MillraceError, type Origin } from '../../streams/index.ts';

/** The fields of kafkajs' errors that tell them apart. */
interface KafkaJsError extends Error {
  readonly type?: string;
  readonly code?: string | number;
  readonly retriable?: boolean;
  /** Of KafkaJSAggregateError. */
  readonly errors?: readonly Error[];
}

const TLS = /certificate|CERT_|ERR_TLS|ERR_SSL|SSL routines|self.signed|EPROTO|TLS/i;
const CONNECTION = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSNoBrokerAvailableError',
]);
const TIMEOUTS = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSLockTimeout', 'KafkaJSTimeout']);
/** PRODUCER_FENCED is younger than kafkajs, which knows it by number only. */
const PRODUCER_FENCED = 'Unknown error code 90';

const WRAPPERS = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSNonRetriableError', 'MillraceError']);

/** The error that kafkajs, or we, wrapped. */
export function rootError(thrown: unknown): KafkaJsError {
  let error = thrown as KafkaJsError;
  for (;;) {
    const inner = error?.name === 'KafkaJSAggregateError' ? error.errors?.[0] : WRAPPERS.has(error?.name) ? error.cause : undefined;
    if (!(inner instanceof Error)) return error;
    error = inner as KafkaJsError;
  }
}

/** Whether the same request may succeed a moment later, on fresh metadata. */
export function isTransient(thrown: unknown): boolean {
  const error = rootError(thrown);
  if (CONNECTION.has(error.name)) return !TLS.test(error.message);
  if (thrown instanceof MillraceError) return false;
  return (
    error.retriable === true ||
    error.type === 'CONCURRENT_TRANSACTIONS' ||
    TIMEOUTS.has(error.name) ||
    error.name === 'KafkaJSMetadataNotLoaded'
  );
}

/** What kafkajs threw as a MillraceError that says what to do. */
export function kafkaError(thrown: unknown, fallback: ErrorCode, doing: string, origin?: Origin): MillraceError {
  if (thrown instanceof MillraceError) return MillraceError.from(thrown, fallback, { origin });
  const error = rootError(thrown);
  const known = classify(error);
  return new MillraceError(known?.code ?? fallback, `${doing}: ${error instanceof Error ? error.message : String(error)}`, {
    origin,
    cause: thrown,
    hint: known?.hint,
    retry: (known?.retry ?? isTransient(thrown)) ? 'backoff' : 'never',
  });
}

interface Classified {
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly retry?: boolean;
}

function classify(error: KafkaJsError): Classified | undefined {
  if (!(error instanceof Error)) return undefined;
  const type = error.type ?? '';
  if (type === 'INVALID_PRODUCER_EPOCH' || error.message.includes(PRODUCER_FENCED)) {
    return {
      code: 'FENCED',
      hint: 'another process has taken over this task',
      retry: false,
    };
  }
  // A transactional id that was not used for a week is forgotten: opening the task anew makes it again.
  if (type === 'INVALID_PRODUCER_ID_MAPPING' || type === 'UNKNOWN_PRODUCER_ID') return { code: 'STORE_FAILED', retry: true };
  // A batch was lost and the next one came first: the transaction is aborted, and a new owner begins anew.
  if (type === 'OUT_OF_ORDER_SEQUENCE_NUMBER') return { code: 'STORE_FAILED', retry: true };
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return { code: 'UNKNOWN_TOPIC', hint: 'create it, or check its name', retry: false };
  if (type === 'INVALID_TOPIC_EXCEPTION')
    return { code: 'INVALID_OPTION', hint: 'topic names are letters, digits, dot, underscore and hyphen' };
  if (type === 'MESSAGE_TOO_LARGE') return { code: 'SINK_FAILED', hint: "raise the topic's max.message.bytes, or publish smaller records" };
  if (type.endsWith('AUTHORIZATION_FAILED')) return { code: 'AUTHENTICATION_FAILED', hint: 'the user lacks a permission on the broker' };
  return classifyConnection(error);
}

function classifyConnection(error: KafkaJsError): Classified | undefined {
  const type = error.type ?? '';
  if (error.name === 'KafkaJSSASLAuthenticationError' || type.includes('SASL')) {
    return { code: 'AUTHENTICATION_FAILED', hint: 'check mechanism, user and password in the sasl option', retry: false };
  }
  if (CONNECTION.has(error.name) && TLS.test(`${error.code} ${error.message}`)) {
    return {
      code: 'AUTHENTICATION_FAILED',
      hint: "check the ssl option: the broker's certificate was refused, or the port speaks no TLS",
      retry: false,
    };
  }
  if (CONNECTION.has(error.name))
    return { code: 'UNAVAILABLE', hint: 'check that the brokers are up and their addresses right', retry: true };
  if (TIMEOUTS.has(error.name)) return { code: 'TIMEOUT', retry: true };
  return undefined;
}
