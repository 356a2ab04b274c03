import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ProgressDisplay } from '../../cli/progress.ts';
import type { Progress } from '../../pipeline/index.ts';

const SCORE = { name: '+1h', metric: 'MAE', model: 8.5, baseline: 10, ratio: 0.85, n: 1234 };

const progress = (rowsIn: number, others: Partial<Progress> = {}): Progress => ({
  rowsIn,
  rowsRejected: 0,
  rowsDropped: 0,
  predictions: 0,
  seconds: 0,
  scores: [SCORE],
  steps: {},
  lag: 4321,
  feeds: [{ name: 'replay', rows: 5000, ended: false }],
  ...others,
});

let written: string[];

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(console, 'log').mockImplementation((text) => void written.push(`${text}\n`));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Rows come at 1,000 a second. */
const steady = (others: Partial<Progress> = {}) => {
  const begun = performance.now();
  return () => progress(performance.now() - begun, others);
};

describe('progress', () => {
  test('on a terminal is one block, drawn over itself and cleared at the end', () => {
    const display = new ProgressDisplay('air-quality', steady(), true);
    display.start();
    vi.advanceTimersByTime(200);
    const [first] = written;
    expect(first?.split('\n')).toEqual([
      'air-quality  0.2 s  200 rows  1,000 rows/s  lag 4,321',
      'feeds: replay 5,000 rows',
      '+1h MAE 8.50 against 10.00 (0.850 of the baseline, 1,234 labels)',
      '',
    ]);
    written.length = 0;
    vi.advanceTimersByTime(200);
    expect(written[0]).toBe('\u001b[3A\u001b[0J');
    expect(written[1]).toContain('0.4 s  400 rows');
    written.length = 0;
    display.stop();
    expect(written).toEqual(['\u001b[3A\u001b[0J']);
    vi.advanceTimersByTime(5000);
    display.stop();
    expect(written).toHaveLength(1);
  });

  test('never wraps a line: what was drawn could not be cleared any more', () => {
    const columns = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
    Object.defineProperty(process.stdout, 'columns', { value: 20, configurable: true });
    try {
      const display = new ProgressDisplay('air-quality', steady(), true);
      display.start();
      vi.advanceTimersByTime(200);
      display.stop();
    } finally {
      if (columns === undefined) Reflect.deleteProperty(process.stdout, 'columns');
      else Object.defineProperty(process.stdout, 'columns', columns);
    }
    for (const line of written[0]?.split('\n') ?? []) expect(line.length).toBeLessThan(20);
  });

  test('elsewhere is a plain line now and then, without control characters', () => {
    const display = new ProgressDisplay(
      'air-quality',
      steady({ rowsRejected: 7, feeds: [{ name: 'replay', rows: 9, ended: true }] }),
      false,
    );
    display.start();
    vi.advanceTimersByTime(4500);
    display.stop();
    expect(written).toEqual([
      'air-quality  2.0 s  2,000 rows  1,000 rows/s  lag 4,321 | feeds: replay 9 rows, ended | rejected 7 | +1h MAE 8.50 against 10.00 (0.850 of the baseline, 1,234 labels)\n',
      'air-quality  4.0 s  4,000 rows  1,000 rows/s  lag 4,321 | feeds: replay 9 rows, ended | rejected 7 | +1h MAE 8.50 against 10.00 (0.850 of the baseline, 1,234 labels)\n',
    ]);
  });

  test('leaves out what there is none of', () => {
    const display = new ProgressDisplay('totals', () => progress(0), false);
    expect(display.lines(progress(0, { feeds: [], scores: [] }), performance.now())).toHaveLength(1);
  });
});
