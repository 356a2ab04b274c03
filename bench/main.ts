/** `npm run bench -- SUITE [--json] [--quick]`: runs bench/<suite>.ts and prints its results; without a suite, lists them. */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { collectSeldom } from '../pipeline/index.ts';
import { type BenchLine, benchLine, benchTable, type Suite } from './bench-line.ts';

const USAGE = 'usage: npm run bench -- SUITE [--json] [--quick]';

/** A suite is a file right here that is neither this command nor the form of its results. */
function suiteNames(): string[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && name !== 'main.ts' && name !== 'bench-line.ts');
  return files.map((name) => name.slice(0, -'.ts'.length)).sort();
}

async function runSuite(name: string, options: { readonly json: boolean; readonly quick: boolean }): Promise<void> {
  const { run } = (await import(`./${name}.ts`)) as { readonly run: Suite };
  const lines: BenchLine[] = [];
  await run((result) => {
    const line = benchLine(name, result);
    lines.push(line);
    if (options.json) console.log(JSON.stringify(line));
  }, options);
  if (!options.json) console.log(benchTable(lines));
}

async function main(): Promise<void> {
  // As `millrace` does for itself; peers that run in this process have it, too.
  collectSeldom();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
  });
  const names = suiteNames();
  const [name] = positionals;
  if (name === undefined) {
    console.log(`${USAGE}\nsuites: ${names.join(', ') || '(none)'}`);
  } else if (!names.includes(name)) {
    console.error(`there is no suite '${name}'; the suites are ${names.join(', ') || '(none)'}\n${USAGE}`);
    process.exitCode = 2;
  } else {
    await runSuite(name, values);
  }
}

await main();
