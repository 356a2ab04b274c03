import { describe, expect, test } from 'vitest';
import { MillraceError, type StreamBatch } from '../../streams/index.ts';
import { JoinRun, type MakeJoin } from './run-join.ts';

/** A step with several inputs and streams that show it at work. */
export interface JoinCase {
  readonly make: MakeJoin;
  /** The inputs, their ordinals interleaved. */
  readonly inputs: readonly StreamBatch[];
}

/** What every step with several inputs must do. */
export function joinSuite(name: string, { make, inputs }: JoinCase): void {
  const whole = () => new JoinRun(make, inputs.length).push(inputs).end();
  const last = Math.max(...inputs.map(({ ordinal }) => ordinal.at(-1) as number));

  describe(`${name} as a step with several inputs`, () => {
    test('gives nothing for empty inputs', () => {
      const run = new JoinRun(make, inputs.length).end();
      expect(run.rows()).toEqual([]);
      expect(run.completed).toBe(true);
    });

    test.each([1, 7, 100])('gives the same rows, bits and state in turns of %i rows', (size) => {
      const run = new JoinRun(make, inputs.length).push(inputs, size);
      expect(run.task.unbalanced()).toEqual([]);
      expect(run.task.snapshot()).toEqual(new JoinRun(make, inputs.length).push(inputs).task.snapshot());
      expect(run.end().rows()).toEqual(whole().rows());
      expect(run.task.unbalanced()).toEqual([]);
    });

    test.each([0.2, 0.6])('goes on from a snapshot taken at %d of the input as if nothing had happened', (share) => {
      const at = Math.floor(last * share);
      const first = new JoinRun(make, inputs.length).push(inputs, 50, 0, at);
      const second = new JoinRun(make, inputs.length);
      second.task.restore(first.task.snapshot());
      expect(second.task.snapshot()).toEqual(first.task.snapshot());
      second.push(inputs, 50, at).end();
      expect([...first.rows(), ...second.rows()]).toEqual(whole().rows());
    });

    test('keeps rows in the order of (ordinal, sub), and watermarks from falling', () => {
      const rows = whole().rows();
      expect(rows.length).toBeGreaterThan(0);
      for (const [index, row] of rows.entries()) {
        const before = rows[index - 1];
        if (before === undefined) continue;
        expect(row.ordinal > before.ordinal || (row.ordinal === before.ordinal && row.sub > before.sub)).toBe(true);
        expect(row.watermark).toBeGreaterThanOrEqual(before.watermark);
      }
    });

    test('turns a failure into an error of its step', () => {
      const broken = inputs.map((input) => ({ ...input, batch: input.batch.select([]) }));
      const run = new JoinRun(make, inputs.length).push(broken);
      expect(run.error).toBeInstanceOf(MillraceError);
      expect((run.error as MillraceError).code).toBe('SCHEMA_MISMATCH');
    });
  });
}
