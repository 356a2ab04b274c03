import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groupingAccuracy, SYSTEMS } from '../../../../scripts/template-accuracy.ts';

const data = join(process.env.MILLRACE_DATA ?? '../shared/data', 'loghub-2k');

if (existsSync(data)) {
  describe('grouping accuracy over loghub-2k with one setting', () => {
    const accuracies = new Map(SYSTEMS.map((system) => [system, groupingAccuracy(data, system)]));

    test('is 0.85 or more on average', () => {
      const sum = [...accuracies.values()].reduce((total, accuracy) => total + accuracy, 0);
      expect(sum / accuracies.size).toBeGreaterThanOrEqual(0.85);
    });

    test.each(['HDFS', 'BGL', 'Apache'] as const)('is 0.95 or more on %s', (system) => {
      expect(accuracies.get(system)).toBeGreaterThanOrEqual(0.95);
    });
  });
} else {
  test('skipped: grouping accuracy over loghub-2k (needs its files: set MILLRACE_DATA)', { skip: true }, () => {});
}
