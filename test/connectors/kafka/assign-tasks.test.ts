import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignTasks } from '../../../connectors/kafka/assign-tasks.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../../connectors/kafka/group-protocol.ts';

const members = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), tasks: fc.uniqueArray(fc.nat(30), { maxLength: 10 }) }),
  {
    minLength: 1,
    maxLength: 6,
    selector: ({ id }) => id,
  },
);

test('every task has one owner, and numbers differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(25), members, (count, owners) => {
      const assigned = [...assignTasks(count, owners).values()];
      expect(assigned.flat().toSorted((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, task) => task));
      const sizes = assigned.map((tasks) => tasks.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('when a member comes or goes, only as many tasks move as must', () => {
  const owners = (assigned: ReadonlyMap<string, readonly number[]>) => [...assigned].map(([id, tasks]) => ({ id, tasks }));
  const two = assignTasks(8, [
    { id: 'a', tasks: [] },
    { id: 'b', tasks: [] },
  ]);
  const three = assignTasks(8, [...owners(two), { id: 'c', tasks: [] }]);
  for (const id of ['a', 'b']) expect(two.get(id)).toEqual(expect.arrayContaining([...(three.get(id) ?? [])]));
  expect(three.get('c')).toHaveLength(2);
  const again = assignTasks(
    8,
    owners(three).filter(({ id }) => id !== 'a'),
  );
  for (const id of ['b', 'c']) expect(again.get(id)).toEqual(expect.arrayContaining([...(three.get(id) ?? [])]));
});

test('does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.nat(25), members, (count, owners) => {
      expect(assignTasks(count, owners.toReversed())).toEqual(assignTasks(count, owners));
    }),
  );
});

test('what members tell each other comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 9 })), fc.uniqueArray(fc.nat(1000)), (topics, tasks) => {
      expect(decodeSubscription(encodeSubscription({ topics, tasks }))).toEqual({ topics, tasks });
      if (topics.length > 0) expect(decodeAssignment(encodeAssignment(topics, tasks))).toEqual(tasks.toSorted((one, other) => one - other));
    }),
  );
  expect(decodeAssignment(new Uint8Array(0))).toEqual([]);
  expect(() => decodeAssignment(encodeAssignment(['t'], [1, 2]).subarray(0, 14))).toThrow(/ends early/);
});
