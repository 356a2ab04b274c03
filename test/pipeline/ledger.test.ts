import { describe, expect, it } from 'vitest';
import { Ledger } from '../../pipeline/ledger.ts';
import { StateReader, StateWriter } from '../../streams/index.ts';

describe('Ledger', () => {
  const filled = () => {
    const ledger = new Ledger();
    ledger.declare('filter', { left: ['in'], right: ['out', 'dropped:rule'] });
    ledger.add('filter', 'in', 10);
    ledger.add('filter', 'out', 7);
    return ledger;
  };

  it('names the step and both sides when rows do not add up', () => {
    expect(() => filled().check()).toThrow(
      expect.objectContaining({
        code: 'LEDGER_UNBALANCED',
        step: 'filter',
        message: expect.stringContaining('in 10 is not out 7 + dropped:rule 0'),
      }),
    );
  });

  it('is satisfied once every row is accounted for', () => {
    const ledger = filled();
    ledger.add('filter', 'dropped:rule', 3);
    ledger.check();
    expect(ledger.sum((counter) => counter.startsWith('dropped:'))).toBe(3);
  });

  it('goes on counting from a snapshot, whatever was counted before', () => {
    const out = new StateWriter();
    filled().snapshot(out);
    const restored = filled();
    restored.add('filter', 'in', 99);
    restored.restore(new StateReader(out.finish()));
    expect(restored.toJSON()).toEqual({ filter: { in: 10, out: 7 } });
  });

  it('writes the same bytes in whatever order counters were met', () => {
    const bytes = (order: readonly string[]) => {
      const ledger = new Ledger();
      for (const counter of order) ledger.add('step', counter, 1);
      const out = new StateWriter();
      ledger.snapshot(out);
      return out.finish();
    };
    expect(bytes(['b', 'a'])).toEqual(bytes(['a', 'b']));
  });

  it('writes the same bytes whether a counter came back to zero or never moved, and again after a restore', () => {
    const bytes = (held: readonly number[], from?: Uint8Array) => {
      const ledger = new Ledger();
      if (from !== undefined) ledger.restore(new StateReader(from));
      for (const rows of held) ledger.add('join', 'held', rows);
      if (from === undefined) ledger.add('join', 'in', 6);
      const out = new StateWriter();
      ledger.snapshot(out);
      return out.finish();
    };
    expect(bytes([4, -4])).toEqual(bytes([]));
    expect(bytes([], bytes([4, -4]))).toEqual(bytes([4, -4]));
  });
});
