import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { biomeImportRules } from '../../scripts/lint/import-rules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Per planted file: its text, and what lint must say about it, line by line (an empty text: nothing). */
const PLANTED: Readonly<Record<string, readonly (readonly [line: string, complaint: string])[]>> = {
  'columnar/planted.ts': [
    ["export * from 'rxjs';", 'rxjs is unknown in columnar'],
    ["export * from '../streams/index.ts';", 'columnar imports no other folder'],
    ["export * from '../kernels/index.ts';", 'columnar imports no other folder'],
    ["export * from './validity.ts';", ''],
    ["export * from 'apache-arrow';", ''],
  ],
  'kernels/planted.ts': [
    ["export * from 'rxjs/operators';", 'rxjs is unknown in kernels'],
    ["export * from 'node:fs';", 'no node: modules'],
    ['export const fine = Math.exp(Date.now());', ''],
  ],
  'streams/planted.ts': [
    ["export * from '../columnar/index.ts';", ''],
    ["export * from '../columnar/views.ts';", 'through columnar/index.ts'],
    ["export * from '../operators/index.ts';", 'streams may import columnar, kernels only'],
    ["export * from 'rxjs';", ''],
  ],
  'operators/clean/planted.ts': [
    ["export * from '../../models/index.ts';", 'operators may import streams, columnar, kernels only'],
    ["export * from '../../connectors/index.ts';", 'operators may import streams, columnar, kernels only'],
    ["export * from '../../streams/flow.ts';", 'through streams/index.ts'],
    ["export const load = () => import('../../pipeline/index.ts');", 'operators may import streams, columnar, kernels only'],
    ["export * from '../transform/select.ts';", ''],
    ["export * from 'node:fs/promises';", 'no node: modules'],
    ["export * from 'millrace/models';", 'not by the name of the package'],
    ['export const a = Math.exp(1);', 'Math function'],
    ['export const b = Math.log1p(1);', 'Math function'],
    ['export const c = Math.tan(1);', 'Math function'],
    ['export const d = Math.hypot(1, 2);', 'Math function'],
    ['export const e = (x: number) => x ** 2;', 'result of **'],
    ['export const f = Math.sqrt(2) + Math.max(1, 2);', ''],
    ['export const { sin } = Math;', 'Math.name in full'],
    ['export const g = Date.now();', "context's clock"],
    ['export const h = new Date();', "context's clock"],
    ['export const i = new Date(5);', ''],
    ['export const j = Math.random();', "context's generator"],
    ['export const k = (x: number) => { x **= 2; return x; };', 'result of **='],
    ['export default f;', 'Avoid default exports'],
  ],
  'models/online/planted.ts': [
    ["export * from '../../operators/index.ts';", 'models may import streams, columnar, kernels only'],
    ['export const a = Math.tanh(1);', 'Math function'],
    ['export const b = performance.now();', "context's clock"],
  ],
  'connectors/kafka/planted.ts': [
    ["export * from 'kafkajs';", ''],
    ["export * from 'node:net';", ''],
    ["export * from 'node:sqlite';", 'connectors/log alone'],
    ["export * from 'parquet-wasm/esm';", 'connectors/parquet alone'],
    ["export * from '../../models/index.ts';", 'connectors may import streams, columnar, kernels only'],
  ],
  'connectors/formats/planted.ts': [["export * from 'kafkajs';", 'connectors/kafka alone']],
  'connectors/log/planted.ts': [["export * from 'node:sqlite';", '']],
  'connectors/parquet/planted.ts': [
    ["export * from 'parquet-wasm/esm';", ''],
    ["export * from 'parquetjs';", ''],
  ],
  'recipes/planted.ts': [["export * from '../connectors/index.ts';", 'recipes may import operators, models, streams, columnar only']],
  'pipeline/planted.ts': [
    ["export * from '../recipes/index.ts';", 'pipeline may import'],
    ["export * from '../models/index.ts';", ''],
    ["export * from 'kafkajs';", 'connectors/kafka alone'],
  ],
  'cli/planted.ts': [
    ["export * from '../models/index.ts';", 'cli may import pipeline, connectors, streams, columnar only'],
    ["export * from '../pipeline/index.ts';", ''],
  ],
  'index.ts': [
    ["export * from './columnar/index.ts';", ''],
    ["export * from './models/index.ts';", 'have entries of their own'],
    ["export * from './streams/flow.ts';", 'through streams/index.ts'],
  ],
};

interface Diagnostic {
  readonly severity: string;
  readonly message: string | readonly { readonly content: string }[];
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

const textOf = ({ message }: Diagnostic): string => (typeof message === 'string' ? message : message.map((part) => part.content).join(''));

function complaintsAbout(folder: string): Map<string, string[]> {
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(`Biome did not run: ${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  const complaints = new Map<string, string[]>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity !== 'error') continue;
    const place = `${diagnostic.location.path}:${diagnostic.location.start.line}`;
    complaints.set(place, [...(complaints.get(place) ?? []), textOf(diagnostic)]);
  }
  return complaints;
}

describe('import rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lint-'));
  let complaints = new Map<string, string[]>();

  beforeAll(() => {
    for (const name of ['biome.json', 'scripts/lint', 'node_modules/@biomejs/biome/configuration_schema.json']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    for (const [path, lines] of Object.entries(PLANTED)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${lines.map(([line]) => line).join('\n')}\n`);
    }
    complaints = complaintsAbout(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const [path, lines] of Object.entries(PLANTED)) {
    test.each(lines.map(([line, complaint], index) => ({ line, complaint, number: index + 1 })))(
      `${path}: $line`,
      ({ complaint, number }) => {
        const found = complaints.get(`${path}:${number}`) ?? [];
        if (complaint === '') expect(found).toEqual([]);
        else expect(found.join('\n')).toContain(complaint);
      },
    );
  }

  test('the written rules are those of the table', () => {
    const written = readFileSync(join(ROOT, 'scripts/lint/import-rules.json'), 'utf8');
    expect(written, 'run node scripts/lint/import-rules.ts').toBe(biomeImportRules());
  });
});
