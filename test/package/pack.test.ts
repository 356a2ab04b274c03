import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT = 180_000;

/** What a newcomer might write first. The last line does not compile unless column names are checked through the installed types. */
const PROGRAM = `import { of } from 'rxjs';
import { type ColumnsOf, filterBatch, float64, float64Data, flow, makeBatch, numberView, schema, streamBatch } from 'millrace';

const readings = schema({ celsius: float64() });
const batch = makeBatch(readings, [float64Data(Float64Array.of(20, 25, 30))]);
const warm = filterBatch<ColumnsOf<typeof batch>>('warm', 'celsius > 22', (rows) => {
  const { values } = numberView(rows, 'celsius');
  return Int32Array.from(values.keys()).filter((row) => Number(values[row]) > 22);
});
flow(of(streamBatch(batch)), warm).subscribe((output) => console.log('warm rows:', output.batch.numRows));
// @ts-expect-error there is no such column
export const wrong = () => numberView(batch, 'fahrenheit');
`;

/** A second thread of a network: it must be found in the package, start, and take part. */
const THREADS = `import 'millrace';
import { adam, compile, dense, meanSquaredError, sequential } from 'millrace/models';

const model = sequential([dense(64, { activation: 'relu' }), dense(1)], { inputShape: [32] });
const [one, two] = [1, 2].map((threads) => compile(model, { loss: meanSquaredError(), optimizer: adam(), seed: 1, threads }));
const rows = 256;
const features = Float32Array.from({ length: rows * 32 }, (_, i) => (i % 17) / 17);
const targets = Float32Array.from({ length: rows }, (_, i) => (i % 5) / 5);
const end = Date.now() + 30_000;
do {
  for (const network of [one!, two!]) network.learnMany(features, targets, rows);
  await new Promise((resolve) => setTimeout(resolve, 1));
} while (two!.threadCalls < 5 && Date.now() < end);
const same = Buffer.from(one!.snapshot()).equals(two!.snapshot());
console.log(\`same bits: \${same}, shared: \${two!.threadCalls >= 5}\`);
`;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: LIMIT, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? error}:\n${stdout}${stderr}`);
  return stdout;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'));
  let packed: Packed;

  beforeAll(() => {
    run('npm', ['run', 'build'], ROOT);
    // The build has just run: pack without the hook that would run it again.
    const listing = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT)) as
      | Packed[]
      | Record<string, Packed>;
    packed = Object.values(listing)[0] as Packed;
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'newcomer', private: true, type: 'module' }));
    // Millrace and what it needs run no install script; of parquetjs' optional packages, one would try to compile.
    run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${packed.filename}`], folder);
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    // Arrow brings the types of Node along, in whatever version it asks for; the project's own are those that the program is checked against.
    rmSync(join(folder, 'node_modules/@types/node'), { recursive: true, force: true });
    symlinkSync(join(ROOT, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
    writeFileSync(join(folder, 'program.ts'), PROGRAM);
  }, LIMIT);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds what users need and nothing else', () => {
    const paths = packed.files.map((file) => file.path);
    const outside = paths.filter((path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$|NOTICE$|CHANGELOG\.md$)/.test(path));
    expect(outside).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'NOTICE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']),
    );
    expect(statSync(join(folder, packed.filename)).size).toBeLessThan(2_000_000);
  });

  const typeCheck = (file: string) => {
    const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  };

  test('type-checks a program', { timeout: LIMIT }, () => {
    typeCheck('program.ts');
  });

  test('runs a program', () => {
    expect(run(process.execPath, ['program.ts'], folder)).toBe('warm rows: 2\n');
  });

  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly exports: Record<string, unknown> };
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  test.each(entries)('entry %s loads and exports names', (entry) => {
    const name = `millrace${entry.slice(1)}`;
    const program = `import * as entry from '${name}'; console.log(Object.keys(entry).length > 0 && !('default' in entry));`;
    expect(run(process.execPath, ['--input-type=module', '-e', program], folder)).toBe('true\n');
  });

  test("runs the README's pipeline, which type-checks", { timeout: LIMIT }, () => {
    const [, code] = /```ts\n(\/\/ room\.ts\n[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) as unknown as [
      string,
      string,
    ];
    writeFileSync(join(folder, 'room.ts'), code);
    const rows = Array.from({ length: 500 }, (_, row) => {
      const at = new Date(1.7e12 + row * 60_000).toISOString();
      return `${at},kitchen,${row === 7 ? 999 : 20 + (row % 9)}\n${at},hall,${18 + (row % 7)}\n`;
    });
    writeFileSync(join(folder, 'room.csv'), `at,sensor,celsius\n${rows.join('')}`);
    typeCheck('room.ts');
    const millrace = join(folder, 'node_modules/.bin/millrace');
    expect(run(millrace, ['run', 'room.ts'], folder)).toMatch(/rows in +1,000\n +rejected +1\n[\s\S]*predictions +999/);
    expect(run(millrace, ['tail', 'forecasts', '-n', '1'], folder)).toContain('"sensor":"hall"');
    expect(run(millrace, ['rejects'], folder)).toContain("column 'celsius' is 999");
  });

  test('trains a network on two threads with the bits of one', { timeout: LIMIT }, () => {
    writeFileSync(join(folder, 'threads.ts'), THREADS);
    typeCheck('threads.ts');
    expect(run(process.execPath, ['threads.ts'], folder)).toBe('same bits: true, shared: true\n');
  });

  test('brings the millrace command', () => {
    expect(run(join(folder, 'node_modules/.bin/millrace'), ['--help'], folder)).toContain('millrace run');
  });
});
