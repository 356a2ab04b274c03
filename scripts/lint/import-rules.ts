/**
 * The import rules of the folders, as one table. `node scripts/lint/import-rules.ts` writes them down for Biome in
 * import-rules.json, which biome.json extends; test/layout fails when the two differ.
 */
import { writeFileSync } from 'node:fs';

/** Each folder, and the folders it may import (always through their index.ts). */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  columnar: [],
  kernels: [],
  streams: ['columnar', 'kernels'],
  operators: ['streams', 'columnar', 'kernels'],
  models: ['streams', 'columnar', 'kernels'],
  connectors: ['streams', 'columnar', 'kernels'],
  recipes: ['operators', 'models', 'streams', 'columnar'],
  pipeline: ['connectors', 'models', 'operators', 'streams', 'columnar', 'kernels'],
  cli: ['pipeline', 'connectors', 'streams', 'columnar'],
  dashboard: [],
};

/** What lies beside the layers and may import them, but not be imported by them. */
const OUTSIDE = ['examples', 'bench', 'test', 'scripts'];

/** A package that one folder alone may import, so that it can be replaced there. */
const HOME_OF: Readonly<Record<string, string>> = {
  kafkajs: 'connectors/kafka',
  'parquet-wasm': 'connectors/parquet',
  parquetjs: 'connectors/parquet',
  'node:sqlite': 'connectors/log',
};

/** Folders whose code also runs in a browser. */
const WITHOUT_NODE = ['columnar', 'kernels', 'streams', 'operators', 'models', 'dashboard'];
const WITHOUT_RXJS = ['columnar', 'kernels'];

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

const forbidPackage = (name: string, message: string): Pattern => ({ group: [name, `${name}/**`], message });

function patternsOf(path: string): Pattern[] {
  const folder = path.split('/')[0] as string;
  const allowed = MAY_IMPORT[folder] ?? [];
  const forbidden = [...Object.keys(MAY_IMPORT), ...OUTSIDE].filter((other) => other !== folder && !allowed.includes(other));
  const may = allowed.length === 0 ? 'imports no other folder' : `may import ${allowed.join(', ')} only`;
  return [
    { group: forbidden.map((other) => `**/${other}/**`), message: `${folder} ${may} (see ARCHITECTURE.md).` },
    ...allowed.map((other) => ({
      group: [`**/${other}/**`, `!**/${other}/index.ts`],
      message: `Import ${other} through ${other}/index.ts, its public API.`,
    })),
    forbidPackage('millrace', 'Inside the package, import folders by relative path, not by the name of the package.'),
    ...Object.entries(HOME_OF)
      .filter(([, home]) => home !== path)
      .map(([name, home]) => forbidPackage(name, `${name} is imported in ${home} alone.`)),
    ...(WITHOUT_RXJS.includes(folder) ? [forbidPackage('rxjs', `rxjs is unknown in ${folder}.`)] : []),
    ...(WITHOUT_NODE.includes(folder) ? [forbidPackage('node:*', `${folder} runs in a browser too: no node: modules.`)] : []),
  ];
}

/** `millrace` itself is columnar, streams and pipeline. */
function rootPatterns(): Pattern[] {
  const parts = ['columnar', 'streams', 'pipeline'];
  const others = Object.keys(MAY_IMPORT).filter((folder) => !parts.includes(folder));
  return [
    { group: others.map((folder) => `./${folder}/**`), message: `millrace is ${parts.join(', ')}; the others have entries of their own.` },
    ...parts.map((folder) => ({
      group: [`./${folder}/**`, `!./${folder}/index.ts`],
      message: `Import ${folder} through ${folder}/index.ts, its public API.`,
    })),
  ];
}

const override = (includes: string, patterns: readonly Pattern[]) => ({
  includes: [includes],
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
});

/** The rules in the form that Biome reads. When two overrides match a file, the later one counts: homes come after folders. */
export function biomeImportRules(): string {
  const paths = [...Object.keys(MAY_IMPORT), ...new Set(Object.values(HOME_OF))];
  const overrides = [...paths.map((path) => override(`${path}/**/*.ts`, patternsOf(path))), override('index.ts', rootPatterns())];
  return `{ "overrides": [\n${overrides.map((entry) => JSON.stringify(entry)).join(',\n')}\n] }\n`;
}

if (import.meta.main) writeFileSync(new URL('import-rules.json', import.meta.url), biomeImportRules());
