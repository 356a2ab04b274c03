import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { MillraceProcess, type ProcessEnd } from '../pipeline/crash/millrace-process.ts';
import { millrace } from './command-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-pipeline-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const from = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);
/** What a file below the temporary folder imports: it cannot see the package by its name. */
const IMPORTS = `import { definePipeline } from ${from('index.ts')};
import { topic } from ${from('connectors/index.ts')};
import { event } from ${from('test/pipeline/example-pipelines.ts')};
`;

const withFlow = (flow: string) => `${IMPORTS}const events = topic('events', { schema: event });
export const pipeline = definePipeline({ name: 'mistaken', sources: { events }, sinks: { out: topic('out', { schema: event }) }, flow: ${flow} });
`;

interface Case {
  readonly text: string;
  readonly message: RegExp;
  /** In a process of its own, since it may bring one down; else in this one, which is quicker. */
  readonly apart?: boolean;
}

const CASES: Readonly<Record<string, Case>> = {
  'with a syntax error': {
    apart: true,
    text: 'const rows = 1;\nexport const pipeline = (;\n',
    message: /INVALID_PIPELINE: \S+\/\w+\.ts: .*\(line 2\)$/,
  },
  'that throws': {
    apart: true,
    text: "\n\nthrow new Error('no sensor\\ntoday');\n",
    message: /INVALID_PIPELINE: \S+\/\w+\.ts: no sensor \(line 3\)$/,
  },
  'that throws no error': { text: "throw 'tired';\n", message: /INVALID_PIPELINE: \S+\/\w+\.ts: tired$/ },
  'that imports what is not there': {
    text: "import 'no-such-package';\n",
    message: /INVALID_PIPELINE: \S+\/\w+\.ts: Cannot find package 'no-such-package'/,
  },
  'that exports nothing': {
    text: 'export {};\n',
    message: /INVALID_PIPELINE: \S+\/\w+\.ts exports no pipeline \(export const pipeline = definePipeline/,
  },
  'that exports something else': {
    text: "export const pipeline = { kind: 'pipeline' };\n",
    message: /INVALID_PIPELINE: \S+\/\w+\.ts exports no pipeline/,
  },
  'with a definition that is refused': {
    text: `${IMPORTS}export const pipeline = definePipeline({ name: 'a b', sources: {}, sinks: {}, flow: () => ({}) });\n`,
    message: /INVALID_PIPELINE: \S+\/\w+\.ts: 'a b' cannot name a pipeline \(use letters, digits/,
  },
  'whose flow throws': {
    apart: true,
    text: withFlow('({ event }) => ({ out: event.pipe() })'),
    message: /INVALID_PIPELINE: flow of pipeline 'mistaken' failed: .*undefined/,
  },
  'whose flow forgets a sink': {
    text: withFlow('() => ({})'),
    message: /INVALID_PIPELINE: flow returns no stream for 'out' \(return one stream for each sink/,
  },
  'that throws in a timer while it runs': {
    apart: true,
    text: `setTimeout(() => { throw new Error('too late'); }, 50);\n${withFlow('({ events }) => ({ out: events })')}`,
    message: /INTERNAL: too late \(MILLRACE_DEBUG=1 shows the stack\)$/,
  },
};

const linesOf = ({ code, stderr }: ProcessEnd) => ({ code, stderr: stderr.trim().split('\n') });

describe('a pipeline file', () => {
  test.each(Object.entries(CASES))('%s: one line, status 1', { timeout: 60_000 }, async (name, { text, message, apart = false }) => {
    const file = join(folder, `${name.replaceAll(/\W/g, '')}.ts`);
    writeFileSync(file, text);
    const words = ['run', file, '--state', join(folder, 'state', name)];
    const { code, stderr } = apart ? linesOf(await new MillraceProcess(words).end) : await millrace(...words);
    expect(code).toBe(1);
    expect(stderr).toEqual([expect.stringMatching(message)]);
    expect(stderr[0]).toMatch(/^millrace: /);
  });

  test('that cannot be wired deletes nothing with --fresh', { timeout: 60_000 }, async () => {
    const state = join(folder, 'kept');
    const good = join(folder, 'good.ts');
    writeFileSync(good, withFlow('({ events }) => ({ out: events })'));
    expect(await millrace('run', good, '--state', state, '--drain')).toMatchObject({ code: 0 });
    const before = await millrace('topics', '--state', state);
    expect(before.stdout.join()).toContain('out');
    expect((await millrace('run', join(folder, 'whoseflowthrows.ts'), '--state', state, '--fresh')).code).toBe(1);
    expect(await millrace('topics', '--state', state)).toEqual(before);
  });
});
