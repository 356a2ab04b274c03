import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeenTable } from '../../../operators/clean/seen-table.ts';
import { StateReader, StateWriter } from '../../../streams/index.ts';

/** Hashes that collide on purpose: keys share few places, so runs of the table grow long and entries move when others go. */
const hashOf = (key: number | string | null) => (typeof key === 'number' ? key % 3 : key === null ? 1 : key.length);

test('remembers exactly the last pairs, also where hashes collide', () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom('a', 'b', 'cc', 'dd', null));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), fc.integer({ min: 1, max: 12 }), (keys, maxEntries) => {
      let table = new SeenTable(maxEntries);
      const remembered: unknown[] = [];
      keys.forEach((one, index) => {
        const isNew = !remembered.includes(one);
        if (isNew && remembered.length === maxEntries) remembered.shift();
        if (isNew) remembered.push(one);
        expect(table.add(one, 0, hashOf(one))).toBe(isNew);
        if (index % 50 !== 49) return;
        const out = new StateWriter();
        table.write(out);
        table = SeenTable.read(maxEntries, new StateReader(out.finish()));
      });
      expect(table.size).toBe(remembered.length);
    }),
  );
});
