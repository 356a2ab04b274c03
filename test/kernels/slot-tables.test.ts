import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlotTables } from '../../kernels/index.ts';

describe('SlotTables', () => {
  test('gives every row the slot of its group, new ones from those that are free, then above those in use', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 80 }), fc.nat(80), fc.nat(5), (groups, cut, most) => {
        const tables = new SlotTables();
        tables.reserveRows(groups.length);
        tables.groups.set(groups);
        const table = tables.allot(100);
        const known = new Map<number, number>();
        const middle = Math.min(cut, groups.length);
        for (const [from, to, used] of [
          [0, middle, 200],
          [middle, groups.length, 300],
        ] as const) {
          const free = Math.min(most, to - from);
          const lent = Array.from({ length: free }, (_, slot) => used + 50 + slot);
          tables.newSlots.set(lent);
          const fresh = [...new Set(groups.slice(from, to))].filter((group) => !known.has(group));
          fresh.forEach((group, place) => {
            known.set(group, lent[place] ?? used + place - free);
          });
          expect(tables.assign(from, to, table, free, used)).toBe(fresh.length);
          expect([...tables.newGroups.subarray(0, fresh.length)]).toEqual(fresh);
          expect([...tables.newSlots.subarray(0, fresh.length)]).toEqual(fresh.map((group) => known.get(group)));
          expect([...tables.slots.subarray(from, to)]).toEqual(groups.slice(from, to).map((group) => known.get(group)));
        }
      }),
    );
  });

  test('tables are zero, also where another one was, and stay when the memory grows', () => {
    const tables = new SlotTables();
    const first = tables.allot(1000);
    tables.numbers.fill(7, first, first + 1000);
    const second = tables.allot(500_000);
    tables.numbers[second + 499_999] = 5;
    expect(tables.numbers[first + 999]).toBe(7);
    tables.release(first, 1000);
    const again = tables.allot(900);
    expect(again).toBe(first);
    expect(tables.numbers.subarray(again, again + 1000).every((number) => number === 0)).toBe(true);
    tables.reserveRows(100_000);
    tables.slots.fill(9);
    expect(tables.numbers[second + 499_999]).toBe(5);
    expect(tables.numbers[again]).toBe(0);
  });
});
