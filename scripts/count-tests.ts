/**
 * Prints `N passed, N failed` from the JSON report of vitest: `node scripts/count-tests.ts REPORT [FAILED_CHECK...]`.
 * A test file that could not be loaded counts as one failure, as does each failed check other than the tests; a report without
 * a test is a failure, too. Exits 1 when anything failed.
 */
import { readFileSync } from 'node:fs';

interface TestFile {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

const isFailed = ({ status }: { readonly status: string }): boolean => status === 'failed';

/** Counts tests in the text of a report; an empty or broken one is one failure. */
export function countTests(report: string, failedChecks: readonly string[]): { readonly passed: number; readonly failed: number } {
  let files: readonly TestFile[] = [];
  try {
    files = (JSON.parse(report) as { readonly testResults: readonly TestFile[] }).testResults;
  } catch {
    // Vitest ended before it wrote its report: no file is known, which counts as a failure below.
  }
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const unloaded = files.filter((file) => isFailed(file) && !file.assertionResults.some(isFailed)).length;
  const checks = failedChecks.filter((check) => check !== 'test').length;
  const failed = tests.filter(isFailed).length + unloaded + checks;
  const unexplained = failed === 0 && (passed === 0 || failedChecks.length > 0);
  return { passed, failed: unexplained ? 1 : failed };
}

if (import.meta.main) {
  const [path = '', ...failedChecks] = process.argv.slice(2);
  const { passed, failed } = countTests(readFileSync(path, 'utf8'), failedChecks);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
