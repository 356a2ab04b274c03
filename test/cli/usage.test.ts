import './embedded-only.ts';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { optionsOf, parseInvocation } from '../../cli/arguments.ts';
import { COMMANDS } from '../../cli/run-cli.ts';
import { millrace } from './command-line.ts';

const PIPELINE = fileURLToPath(new URL('../../examples/air-quality/pipeline.ts', import.meta.url));
const PARQUET = fileURLToPath(new URL('../../examples/air-quality/data/beijing-air.parquet', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-usage-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('millrace --help', () => {
  test('lists all commands; without a command it does the same, but fails', async () => {
    const asked = await millrace('--help');
    expect(asked).toMatchObject({ code: 0, stderr: [] });
    for (const { name, summary } of COMMANDS)
      expect(asked.stdout.join('\n')).toMatch(new RegExp(`^  millrace ${name}\\b.*${summary.slice(0, 20)}`, 'm'));
    for (const same of ['-h', 'help']) expect(await millrace(same)).toEqual(asked);
    expect(await millrace()).toEqual({ ...asked, code: 2 });
  });
});

describe.each(COMMANDS.map((command) => [command.name, command] as const))('millrace %s --help', (name, command) => {
  test('tells what it does, its arguments and every option with its default', async () => {
    const { code, stdout, stderr } = await millrace(name, '--help');
    expect([code, stderr]).toEqual([0, []]);
    expect(await millrace(name, '-h', 'whatever', '--else')).toEqual({ code, stdout, stderr });
    expect(stdout[0]).toMatch(new RegExp(`^millrace ${name}( ([A-Z|]+|\\[[A-Z|]+\\]))* \\[options\\]$`));
    expect(stdout).toContain(command.summary);
    for (const { flag, description, fallback } of optionsOf(command.options)) {
      const line = stdout.find((text) => text.includes(`--${flag} `)) ?? '';
      expect(description, `--${flag} has no description`).not.toBe('');
      expect(line).toContain(description);
      if (typeof fallback === 'number') expect(line).toContain(`(default ${fallback})`);
    }
    expect(stdout.join('\n')).not.toMatch(/undefined|\[object|\(default \)/);
  });

  test('shows an example that it would take', () => {
    const [program, first, ...words] = command.example.split(' ');
    expect([program, first]).toEqual(['millrace', name]);
    expect(() => parseInvocation(command, words)).not.toThrow();
  });
});

describe('a wrong command line', () => {
  const state = join(folder, 'state');
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['frobnicate'], /there is no command 'frobnicate' \(see millrace --help\)/],
    ['an unknown option', ['run', PIPELINE, '--fast'], /Unknown option '--fast' \(see millrace run --help\)/],
    ['an option without its value', ['run', PIPELINE, '--speed'], /Option '--speed' needs a value \(see millrace run --help\)/],
    ['a value for an option that takes none', ['run', PIPELINE, '--fresh=yes'], /--fresh.*does not take an argument/],
    ['no file', ['run'], /run takes FILE, not 0 arguments/],
    ['two files', ['check', PIPELINE, PIPELINE], /check takes FILE, not 2 arguments/],
    ['no topic to replay to', ['replay', PARQUET], /replay needs --to \(see millrace replay --help\)/],
    ['a speed that is none', ['run', PIPELINE, '--speed', 'fast'], /speed: expected max, realtime or a factor such as 60x/],
    ['a replay speed that is none', ['replay', PARQUET, '--to', 'x', '--speed', '0x'], /speed: expected a factor above 0/],
    ['a duration that is none', ['run', PIPELINE, '--epoch-time', 'soon'], /epochTime: expected a duration such as 250ms/],
    ['a number that is none', ['tail', 'x', '-n', 'many'], /lines: .*expected number/],
    ['a number out of range', ['run', PIPELINE, '--workers', '0'], /workers: .*>=1/],
    ['a word out of a list', ['run', PIPELINE, '--guarantee', 'maybe'], /guarantee: .*"exactlyOnce"\|"atLeastOnce"/],
    ['brokers without a port', ['topics', '--brokers', 'localhost'], /brokers: expected host:port/],
    ['an unknown action', ['state', 'polish', 'x'], /there is no action 'polish' \(it is one of list, /],
    ['a column that the file lacks', ['replay', PARQUET, '--to', 'x', '--key', 'statio'], /no column 'statio' \(columns: station, at, /],
  ];

  test.each(cases)('%s: one line, status 2, and nothing is made', async (_, words, message) => {
    const takesState = COMMANDS.some(({ name, options }) => name === words[0] && 'state' in options.shape);
    const said = await millrace(...words, ...(takesState ? ['--state', state] : []));
    expect(said).toMatchObject({ code: 2, stdout: [] });
    expect(said.stderr).toEqual([expect.stringMatching(message)]);
    expect(said.stderr[0]).toMatch(/^millrace: /);
    expect(existsSync(state)).toBe(false);
  });

  test('with --fresh deletes nothing', async () => {
    const kept = join(folder, 'kept');
    const small = fileURLToPath(new URL('../pipeline/crash/totals-file.ts', import.meta.url));
    process.env.MILLRACE_ROWS = '50';
    expect((await millrace('run', small, '--state', kept)).code).toBe(0);
    const before = await millrace('topics', '--state', kept);
    for (const wrong of [
      ['--speed', 'fast'],
      ['--epoch-time', 'soon'],
    ]) {
      expect((await millrace('run', small, '--state', kept, '--fresh', ...wrong)).code).toBe(2);
    }
    expect(await millrace('topics', '--state', kept)).toEqual(before);
  });
});

describe('what is not there', () => {
  test.each([
    ['a pipeline file', ['run', 'nosuch.ts'], /FILE_UNREADABLE: there is no file nosuch\.ts/],
    ['a pipeline file to check', ['check', 'nosuch.ts'], /FILE_UNREADABLE: there is no file nosuch\.ts/],
    ['a Parquet file', ['replay', 'nosuch.parquet', '--to', 'x'], /FILE_UNREADABLE: .*'nosuch\.parquet'.*no such file/],
    [
      'a state folder',
      ['topics', '--state', join(folder, 'none')],
      /STORE_FAILED: there is no embedded log in .*none \(run a pipeline first/,
    ],
  ])('%s is named, status 1', async (_, words, message) => {
    const said = await millrace(...words);
    expect(said).toMatchObject({ code: 1, stdout: [] });
    expect(said.stderr).toEqual([expect.stringMatching(message)]);
  });

  test('a state folder that cannot be made is an error at once', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    for (const state of [file, join(file, 'below'), ...(existsSync('/proc/self') ? ['/proc/millrace', '/proc/millrace/below'] : [])]) {
      const said = await millrace('run', PIPELINE, '--state', state);
      expect(said).toMatchObject({ code: 1, stdout: [] });
      expect(said.stderr).toEqual([
        expect.stringMatching(`^millrace: STORE_FAILED: cannot open ${state}/log\\.db: .*choose another with --state`),
      ]);
    }
  });

  test('a summary file that cannot be written is named, after the run has ended in good order', async () => {
    process.env.MILLRACE_ROWS = '50';
    const small = fileURLToPath(new URL('../pipeline/crash/totals-file.ts', import.meta.url));
    const said = await millrace('run', small, '--state', join(folder, 'summed'), '--summary', join(folder, 'none', 'summary.json'));
    expect(said.code).toBe(1);
    expect(said.stdout).toContain('ended');
    expect(said.stderr).toEqual([expect.stringMatching(/^millrace: SINK_FAILED: cannot write the summary to .*none\/summary\.json/)]);
  });
});
