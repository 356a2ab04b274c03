// Compiles kernels/assembly to WebAssembly and writes kernels/kernels.generated.ts, which embeds the modules as base64: loading them
// then needs neither a file system nor a fetch. Run by `npm install` (prepare) and by hand: node scripts/build-kernels.ts

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const compiler = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin', 'asc.js');

/** `-O3` with no size goal; no runtime (kernels allocate nothing); SIMD without the relaxed instructions, whose results vary. */
const FLAGS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', '--enable', 'bulk-memory'];
const ARENA = ['--importMemory', '--zeroFilledMemory', '--enable', 'nontrapping-f2i'];
const SHARED = [...ARENA, '--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

const MODULES = [
  { constant: 'KERNELS', entry: 'index.ts', flags: ARENA },
  { constant: 'SHARED_KERNELS', entry: 'index.ts', flags: SHARED },
  { constant: 'SCANNER', entry: 'json-scanner.ts', flags: ARENA },
  { constant: 'JSON_WRITER', entry: 'json-writer.ts', flags: ARENA },
  { constant: 'PARQUET_PAGES', entry: 'parquet-pages.ts', flags: ARENA },
  { constant: 'PARQUET_ENCODE', entry: 'parquet-encode.ts', flags: ARENA },
  { constant: 'WINDOW_ROWS', entry: 'window-rows.ts', flags: ARENA },
  { constant: 'BLOCK_PACKER', entry: 'block-packer.ts', flags: ARENA },
  { constant: 'RECORD_BATCH', entry: 'record-batch.ts', flags: ARENA },
  { constant: 'MATH', entry: 'math-module.ts', flags: [] },
];

function compileModule(entry: string, flags: readonly string[], output: string): Uint8Array {
  const source = join(root, 'kernels', 'assembly', entry);
  const result = spawnSync(process.execPath, [compiler, source, '--outFile', output, ...FLAGS, ...flags], { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`asc failed on ${entry}:\n${result.stdout}${result.stderr}`);
  const messages = result.stderr.replaceAll(/^Last converge was suboptimal\.\n/gm, '');
  if (messages.trim() !== '') process.stderr.write(messages);
  return readFileSync(output);
}

function build(): void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kernels-'));
  const lines = ['// Written by scripts/build-kernels.ts from kernels/assembly. Do not edit.', ''];
  try {
    for (const { constant, entry, flags } of MODULES) {
      const bytes = compileModule(entry, flags, join(folder, `${constant}.wasm`));
      lines.push(`export const ${constant}_WASM: string =\n  '${Buffer.from(bytes).toString('base64')}';`);
      process.stdout.write(`${constant.toLowerCase()}.wasm ${bytes.length} bytes\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  writeFileSync(join(root, 'kernels', 'kernels.generated.ts'), `${lines.join('\n')}\n`);
}

build();
