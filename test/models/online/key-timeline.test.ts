import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTimeline } from '../../../models/online/key-timeline.ts';

const entries = (timeline: KeyTimeline) =>
  Array.from({ length: timeline.length }, (_, index) => [timeline.time(index), timeline.value(index)]);

test('holds what a sorted list holds, whatever is inserted and dropped', () => {
  const action = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant('drop' as const));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: -1, max: 31 }), (actions, asked) => {
      const timeline = new KeyTimeline();
      let list: [number, number][] = [];
      actions.forEach((drawn, sample) => {
        if (drawn !== 'drop') {
          timeline.insert(drawn, sample);
          list = [...list, [drawn, sample] as [number, number]].sort((a, b) => a[0] - b[0]);
        } else if (list.length > 0) {
          timeline.dropOldest();
          list.shift();
        }
      });
      expect(entries(timeline)).toEqual(list);
      const first = list.findIndex(([time]) => time >= asked);
      expect(timeline.firstFrom(asked)).toBe(first < 0 ? list.length : first);
    }),
  );
});
