import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { millrace } from './command-line.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const NESTED = fileURLToPath(new URL('../connectors/parquet/fixtures/exact.parquet', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-convert-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);
const CSV = 'at,n,t\n2024-01-01T00:00:00.000Z,1,a\n2024-01-01T00:00:01.000Z,2.5,\n';

/** Runs `millrace convert` with bytes for its stdin. */
async function piped(input: string | Uint8Array, ...words: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=millrace-source', CLI, 'convert', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: Buffer.concat(stdout), stderr };
}

describe('millrace convert', () => {
  test('reads stdin and writes stdout', { timeout: 60_000 }, async () => {
    const arrow = await piped(CSV, '-', '-', '--from', 'csv', '--to', 'arrow');
    expect(arrow).toMatchObject({ code: 0, stderr: '' });
    const parquet = file('piped.parquet');
    expect((await piped(arrow.stdout, '-', parquet, '--from', 'arrow')).stdout.toString()).toBe(`2 rows written to ${parquet}\n`);
    const csv = await piped(readFileSync(parquet), '-', '-', '--from', 'parquet', '--to', 'csv', '--columns', 'n,t');
    expect(csv.stdout.toString()).toBe('n,t\n1,a\n2.5,\n');
  });

  test('a column of any type is text in CSV; nested values are JSON, exact', async () => {
    expect(await millrace('convert', NESTED, file('nested.csv'), '--columns', 'map,none,price,instants')).toMatchObject({ code: 0 });
    expect(readFileSync(file('nested.csv'), 'utf8').split('\n').slice(0, 3)).toEqual([
      'map,none,price,instants',
      '"{""0"":[""v0"",null]}",,,',
      '"{""36028797018963968"":[""v1"",null]}",,0.10,"[""2023-11-14T22:13:20.000001Z"",null]"',
    ]);
  });

  test.each([
    ['absent.arrow', 'out.csv', /FILE_UNREADABLE: cannot read '\S+absent\.arrow': there is no such file/],
    ['absent.csv', 'out.arrow', /FILE_UNREADABLE: cannot read '\S+absent\.csv'/],
    ['nested.csv', 'nowhere/out.arrow', /SINK_FAILED: ENOENT/],
    ['nested.csv', 'out.txt', /INVALID_OPTION: '\S+out\.txt' has no known ending/],
  ])('%s to %s fails in one line, and leaves nothing', async (input, output, message) => {
    expect(await millrace('convert', file(input), file(output))).toMatchObject({ stderr: [expect.stringMatching(message)] });
    expect(readdirSync(folder).filter((name) => /out|part/.test(name))).toEqual([]);
  });

  test('stdin without a kind, and Parquet to stdout, are refused', async () => {
    expect(await millrace('convert', '-', file('out.csv'))).toMatchObject({ code: 2, stderr: [expect.stringContaining('--from')] });
    expect(await millrace('convert', NESTED, '-', '--to', 'parquet')).toMatchObject({
      code: 2,
      stderr: [expect.stringContaining('name a file')],
    });
  });
});
