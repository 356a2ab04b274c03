import { describe, expect, test } from 'vitest';
import { isTransient, kafkaError } from '../../../connectors/kafka/kafka-error.ts';
import { MillraceError } from '../../../streams/index.ts';

const thrown = (name: string, fields: Record<string, unknown> = {}) => Object.assign(new Error(`${name} message`), { name, ...fields });
const protocol = (type: string, retriable = false) => thrown('KafkaJSProtocolError', { type, retriable });
const given = (cause: Error) => thrown('KafkaJSNumberOfRetriesExceeded', { cause, retriable: false });

describe('kafkaError', () => {
  test.each([
    ['an older owner', protocol('INVALID_PRODUCER_EPOCH'), 'FENCED', 'never'],
    [
      'a fenced producer, by number',
      Object.assign(protocol('KAFKAJS_UNKNOWN_ERROR_CODE'), { message: 'Unknown error code 90' }),
      'FENCED',
      'never',
    ],
    ['a forgotten transactional id', protocol('INVALID_PRODUCER_ID_MAPPING'), 'STORE_FAILED', 'backoff'],
    ['an unknown topic', protocol('UNKNOWN_TOPIC_OR_PARTITION', true), 'UNKNOWN_TOPIC', 'never'],
    ['a record too large', protocol('MESSAGE_TOO_LARGE'), 'SINK_FAILED', 'never'],
    ['no permission', protocol('TOPIC_AUTHORIZATION_FAILED'), 'AUTHENTICATION_FAILED', 'never'],
    ['a wrong password', thrown('KafkaJSSASLAuthenticationError', { retriable: false }), 'AUTHENTICATION_FAILED', 'never'],
    ['no broker', thrown('KafkaJSConnectionError', { code: 'ECONNREFUSED', retriable: true }), 'UNAVAILABLE', 'backoff'],
    ['a bad certificate', thrown('KafkaJSConnectionError', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'AUTHENTICATION_FAILED', 'never'],
    ['no answer', thrown('KafkaJSRequestTimeoutError', { retriable: true }), 'TIMEOUT', 'backoff'],
    ['anything else', new TypeError('oops'), 'STORE_FAILED', 'never'],
  ])('%s', (_, error, code, retry) => {
    for (const one of [error, given(error)]) expect(kafkaError(one, 'STORE_FAILED', 'trying')).toMatchObject({ code, retry });
  });

  test('says what was tried and keeps the cause', () => {
    const cause = protocol('NOT_ENOUGH_REPLICAS', true);
    expect(kafkaError(cause, 'STORE_FAILED', 'publishing to t/0')).toMatchObject({
      message: 'publishing to t/0: KafkaJSProtocolError message',
      cause,
    });
  });

  test('leaves our own errors as they are, but for the origin', () => {
    const own = new MillraceError('DECODE_FAILED', 'damaged');
    const origin = { source: 't', partition: 1 };
    expect(kafkaError(own, 'STORE_FAILED', 'reading', origin)).toMatchObject({ code: 'DECODE_FAILED', message: 'damaged', origin });
  });
});

describe('isTransient', () => {
  test.each([
    ['a moved leader', protocol('NOT_LEADER_FOR_PARTITION', true), true],
    ['markers still being written', protocol('CONCURRENT_TRANSACTIONS'), true],
    ['a lost connection', thrown('KafkaJSConnectionClosedError'), true],
    ['a refused certificate', Object.assign(thrown('KafkaJSConnectionError'), { message: 'self-signed certificate' }), false],
    ['a wrong password', thrown('KafkaJSSASLAuthenticationError', { retriable: false }), false],
    ['our own error', new MillraceError('UNAVAILABLE', 'away', { retry: 'backoff' }), false],
  ])('%s', (_, error, expected) => {
    expect(isTransient(error)).toBe(expected);
  });
});
