import { expect, test } from 'vitest';
import { fuzzFormats } from '../../../scripts/fuzz/format-rounds.ts';

test('damaged records of every text format are a value or a clean rejection (long form: scripts/fuzz-formats.ts)', () => {
  const { records, rows, rejects } = fuzzFormats(20_000, 20_261_123);
  expect(records).toBe(rows + rejects);
  expect(rows).toBeGreaterThan(records * 0.1);
  expect(rejects).toBeGreaterThan(records * 0.1);
});
