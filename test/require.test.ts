import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from './require.ts';

describeWith('kafka', 'describeWith kafka', (kafka) => {
  test('hands over a broker that accepts connections', async () => {
    const [host, port] = String(kafka.brokers[0]).split(':');
    await new Promise<void>((resolve, reject) => {
      const socket = createConnection(Number(port), host, () => socket.end(resolve)).on('error', reject);
    });
  });
});

describeWith('browser', 'describeWith browser', (browser) => {
  test('runs a script in a page and returns its result', async () => {
    const page = await browser.newPage();
    expect(await page.evaluate('return { isolated: crossOriginIsolated, sum: 1 + 2 };')).toEqual({ isolated: true, sum: 3 });
  });

  test('serves TypeScript sources, and packages by name', async () => {
    const page = await browser.newPage();
    const names = await page.evaluate<string[]>(
      "const rx = await import('rxjs'); const arrow = await import('apache-arrow'); const rules = await import('/test/fixture-module.ts');" +
        'return [typeof rx.map, typeof arrow.tableFromArrays, rules.greeting];',
    );
    expect(names).toEqual(['function', 'function', 'hello']);
  });

  test('reports an error of the page', async () => {
    const page = await browser.newPage();
    await expect(page.evaluate("throw new Error('no luck');")).rejects.toThrow('no luck');
  });
});

describe('a machine without the resource', () => {
  // A folder without commands stands for a machine that has neither Java nor a browser.
  let empty = '';
  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), 'millrace-empty-'));
  });
  afterAll(() => rmSync(empty, { recursive: true }));

  const run = (required: string) => {
    const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
    const env = { PATH: empty, MILLRACE_REQUIRE: required, NO_COLOR: '1' };
    const args = [vitest, 'run', '--reporter=verbose', '-t', 'needs', 'test/require.test.ts'];
    return spawnSync(process.execPath, args, { cwd: fileURLToPath(new URL('..', import.meta.url)), env, encoding: 'utf8' });
  };

  test('skips by name', { timeout: 60_000 }, () => {
    const { status, stdout } = run('');
    expect(stdout).toContain('skipped: describeWith kafka (needs kafka: set KAFKA_BROKERS, or install java and mvn)');
    expect(stdout).toContain('skipped: describeWith browser (needs browser: install chromium, or set CHROMIUM to its command)');
    expect(status).toBe(0);
  });

  test('fails when MILLRACE_REQUIRE lists it', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('kafka,browser');
    expect(stdout + stderr).toContain('required: describeWith kafka (needs kafka');
    expect(stdout + stderr).toContain('required: describeWith browser (needs browser');
    expect(status).toBe(1);
  });
});
