import { describe, expect, test } from 'vitest';
import { watermarks } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { runOperator } from '../../contract/run-operator.ts';
import { HOUR, type Readings, readings, START, sampleReadings } from '../readings.ts';

operatorSuite('watermarks', { make: () => watermarks<Readings>({ lateness: '2h', maxAhead: '3h' }), input: sampleReadings() });

describe('watermarks', () => {
  test('the highest event time so far, less the lateness', () => {
    const run = runOperator(() => watermarks<Readings>({ lateness: '1h' }), readings([5, 3, 9].map((hour) => ({ hour }))));
    expect(run.rows().map(({ watermark }) => (watermark - START) / HOUR)).toEqual([4, 4, 8]);
  });

  test('a row too far ahead is rejected and moves nothing', () => {
    const run = runOperator(() => watermarks<Readings>({ maxAhead: '1d' }), readings([0, 1e6, 1, -1e6].map((hour) => ({ hour }))));
    expect(run.rows().map(({ watermark }) => (watermark - START) / HOUR)).toEqual([0, 1, 1]);
    expect(run.task.rejects.map(({ reason }) => reason)).toEqual([
      'the event time 2127-03-30T16:00:00.000Z is more than 86400000 ms ahead of the highest so far, 2013-03-01T00:00:00.000Z',
    ]);
  });
});
