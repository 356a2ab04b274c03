import type { Data, Int64 } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WaitingRuns } from '../../../operators/integrate/waiting-runs.ts';
import { eventTimes } from '../../../operators/rows/event-times.ts';
import { concatStreamBatches, type StreamBatch, takeStreamRows } from '../../../streams/index.ts';
import { reslice, rowsOf } from '../../contract/run-operator.ts';
import { readings } from '../readings.ts';

const hours = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 80 });

describe('WaitingRuns', () => {
  test('gives rows out in order of event time, and keeps the others in the order they came', () => {
    fc.assert(
      fc.property(hours, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 31 }), (times, size, hour) => {
        const input = readings(times.map((time, row) => ({ hour: time, pm25: row })));
        const instants = eventTimes(input.batch);
        const before = (instants[0] as number) + (hour - (times[0] as number)) * 3_600_000;
        const waiting = new WaitingRuns();
        for (const part of reslice(input, size)) waiting.append(part, eventTimes(part.batch));
        const released = waiting.release(before);
        const rows = times.map((_, row) => row);
        const expected = rows.filter((row) => (times[row] as number) < hour).sort((a, b) => (times[a] as number) - (times[b] as number));
        const kept = rows.filter((row) => (times[row] as number) >= hour);
        expect(rowsOf(concatStreamBatches(released.map((run) => run.rows)) ?? takeStreamRows(input, new Int32Array(0)))).toEqual(
          rowsOf(takeStreamRows(input, Int32Array.from(expected))),
        );
        expect(released.flatMap((run) => [...run.times])).toEqual(expected.map((row) => instants[row]));
        expect(waiting.size).toBe(kept.length);
        expect(rowsOf(waiting.all() ?? takeStreamRows(input, new Int32Array(0)))).toEqual(
          rowsOf(takeStreamRows(input, Int32Array.from(kept))),
        );
      }),
    );
  });

  test('does not copy a stream in order of event time', () => {
    const input = readings(Array.from({ length: 4096 }, (_, hour) => ({ hour, pm25: hour })));
    const waiting = new WaitingRuns();
    for (const part of reslice(input, 2048)) waiting.append(part, eventTimes(part.batch));
    const [first, second] = waiting.release(eventTimes(input.batch)[3000] as number);
    const memory = (rows: StreamBatch = input as StreamBatch) => (rows.batch.data.children[0] as Data<Int64>).values.buffer;
    expect([first?.times.length, second?.times.length]).toEqual([2048, 952]);
    expect(memory(first?.rows)).toBe(memory());
    expect(memory(second?.rows)).toBe(memory());
  });
});
