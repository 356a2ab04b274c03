import { join } from 'node:path';
import { expect, test } from 'vitest';
import { learnMnist, learnOptdigits } from '../../../examples/digits/digits.ts';
import { readMnist, readOptdigits } from '../../../examples/digits/images.ts';

test('the 8 x 8 digits that come with the example', () => {
  const { count, targets } = readOptdigits();
  expect(count).toBe(3823);
  expect(targets.reduce((sum, value) => sum + value, 0)).toBe(3823);
  expect(learnOptdigits(10).accuracies.at(-1)!).toBeGreaterThan(0.96);
});

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'mnist');
const mnist = readMnist(folder);
const missing = mnist === undefined;

test(`${missing ? 'skipped (no MNIST files at ../shared/data/mnist): ' : ''}98.5 % of MNIST within three passes`, {
  skip: missing,
  timeout: 120_000,
}, () => {
  const { accuracies } = learnMnist(mnist!, { passes: 3, wanted: 0.985 });
  expect(Math.max(...accuracies)).toBeGreaterThanOrEqual(0.985);
});
