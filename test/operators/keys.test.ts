import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NumberInterner } from '../../operators/keys/number-interner.ts';
import { Heap } from '../../streams/heap.ts';

describe('NumberInterner', () => {
  test('numbers values in order of first sight; NaN is one value, and so are 0 and -0', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double(), fc.constantFrom(0, -0, Number.NaN, 2 ** 53))),
        (values) => {
          const interner = new NumberInterner();
          // A Set treats NaN as equal to itself, and 0 as equal to -0.
          const distinct = [...new Set(values)];
          for (const value of values)
            expect(interner.intern(value)).toBe([...new Set(values)].findIndex((other) => other === value || Object.is(other, value)));
          expect(interner.size).toBe(distinct.length);
        },
      ),
    );
  });

  test('keeps a million numbers apart', () => {
    const interner = new NumberInterner();
    for (let i = 0; i < 1_000_000; i++) interner.intern(i * 3);
    expect(interner.size).toBe(1_000_000);
    expect(interner.intern(2_999_997)).toBe(999_999);
    expect(interner.numberOf(5)).toBe(15);
  });
});

test('a Heap gives its values back in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (values) => {
      const heap = new Heap<number>((a, b) => a < b);
      for (const value of values) heap.push(value);
      expect(values.map(() => heap.pop())).toEqual(values.toSorted((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
