import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { compileFunction } from 'node:vm';
import type { KafkaJs } from './kafkajs-types.ts';
import { lenientMetadata, type MetadataResponse } from './lenient-metadata.ts';
import { fetchedBytes, framedRequest, produceRequest } from './raw-requests.ts';
import { type KafkaConnection, steadyConnection } from './steady-connection.ts';

const nodeRequire = createRequire(import.meta.url);

type Exports = unknown;
type Require = (name: string) => Exports;
/** Makes the exports of a module in place of its own code. */
type Replacement = (require: Require) => Exports;

let loaded: KafkaJs | undefined;

/**
 * Loads an instance of kafkajs of our own, with the modules that code and decode records replaced: fetched bytes come out as they are, and whole RecordBatches go in.
 * Its modules are run here and kept here, out of Node's module cache, so that an application's own kafkajs is never touched, also not by what kafkajs requires late.
 */
export function loadKafkaJs(): KafkaJs {
  if (loaded === undefined) {
    const folder = dirname(nodeRequire.resolve('kafkajs/package.json'));
    const require = moduleLoader(join(folder, 'src'));
    loaded = {
      Cluster: require('./cluster') as KafkaJs['Cluster'],
      createLogger: (require('./loggers') as Pick<KafkaJs, 'createLogger'>).createLogger,
    };
  }
  return loaded;
}

function moduleLoader(root: string): Require {
  const modules = new Map<string, { exports: Exports }>();
  const requireFrom = (folder: string): Require => {
    return (name) => {
      if (!name.startsWith('.')) return nodeRequire(name);
      const path = resolveFile(join(folder, name));
      const known = modules.get(path);
      if (known !== undefined) return known.exports;
      const module: { exports: Exports } = { exports: {} };
      // Entered before it runs, as Node does: some modules require each other.
      modules.set(path, module);
      runModule(path, module);
      return module.exports;
    };
  };
  const runModule = (path: string, module: { exports: Exports }): void => {
    const require = requireFrom(dirname(path));
    const replacement = REPLACEMENTS.get(path.slice(root.length + 1).replaceAll(sep, '/'));
    if (replacement !== undefined) module.exports = replacement(require);
    else if (extname(path) === '.json') module.exports = JSON.parse(readFileSync(path, 'utf8'));
    else runCode(path, module, require);
    const wrap = WRAPPERS.get(path.slice(root.length + 1).replaceAll(sep, '/'));
    if (wrap !== undefined) module.exports = wrap(module.exports);
  };
  return requireFrom(root);
}

function runCode(path: string, module: { exports: Exports }, require: Require): void {
  const names = ['exports', 'require', 'module', '__filename', '__dirname', 'setTimeout'];
  const run = compileFunction(readFileSync(path, 'utf8'), names, { filename: path });
  run(module.exports, require, module, path, dirname(path), timeoutFromNow);
}

/** kafkajs asks for times in the past where nothing throttles it, which Node warns of. */
const timeoutFromNow = (run: () => void, delay: number) => setTimeout(run, Math.max(delay, 1));

function resolveFile(path: string): string {
  for (const candidate of [path, `${path}.js`, join(path, 'index.js')]) {
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile()) return candidate;
  }
  throw new Error(`kafkajs has no module ${path}; exactly version 2.2.4 is needed`);
}

const REPLACEMENTS: ReadonlyMap<string, Replacement> = new Map<string, Replacement>([
  ['protocol/requests/fetch/v4/decodeMessages.js', () => fetchedBytes],
  [
    'protocol/requests/produce/v3/request.js',
    (require) => produceRequest((require('../../apiKeys') as { readonly Produce: number }).Produce),
  ],
  ['protocol/request.js', () => framedRequest],
  // Under NODE_ENV=test kafkajs takes other times; ours are the same everywhere.
  ['retry/defaults.test.js', (require) => require('./defaults')],
]);

/** Changes what a module exports. */
const WRAPPERS: ReadonlyMap<string, (exports: Exports) => Exports> = new Map<string, (exports: Exports) => Exports>([
  ['network/connection.js', (exports) => steadyConnection(exports as typeof KafkaConnection)],
  ['protocol/requests/metadata/v0/response.js', (exports) => lenientMetadata(exports as MetadataResponse)],
]);
