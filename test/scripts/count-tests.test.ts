import { expect, test } from 'vitest';
import { countTests } from '../../scripts/count-tests.ts';

const report = (...files: readonly { readonly status: string; readonly tests: readonly string[] }[]): string =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })),
  });

test('counts tests, not files, and leaves out the skipped', () => {
  const text = report(
    { status: 'passed', tests: ['passed', 'passed', 'skipped'] },
    { status: 'failed', tests: ['passed', 'failed', 'failed'] },
  );
  expect(countTests(text, ['test'])).toEqual({ passed: 3, failed: 2 });
});

test('a file that could not be loaded is a failure', () => {
  expect(countTests(report({ status: 'passed', tests: ['passed'] }, { status: 'failed', tests: [] }), ['test'])).toEqual({
    passed: 1,
    failed: 1,
  });
});

test('failed checks count', () => {
  expect(countTests(report({ status: 'passed', tests: ['passed'] }), ['lint', 'types'])).toEqual({ passed: 1, failed: 2 });
});

test('a runner that failed for no reason shown is a failure', () => {
  expect(countTests(report({ status: 'passed', tests: ['passed'] }), ['test'])).toEqual({ passed: 1, failed: 1 });
});

test.each(['', '{', '{"testResults":[]}'])('a report without a test is a failure: %j', (text) => {
  expect(countTests(text, [])).toEqual({ passed: 0, failed: 1 });
});
