#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

/** How long a process whose command has ended may go on, ms. */
const LINGER = 1000;

// Before anything large is loaded: compiled modules are kept between runs.
enableCompileCache();
const { report, runCli } = await import('./run-cli.ts');
const { collectSeldom } = await import('../pipeline/index.ts');

collectSeldom();

// What a timer or a forgotten promise of the user's code throws ends the process, as one line like all other errors; what was committed is safe.
process.on('uncaughtException', (thrown) => process.exit(report(thrown)));

process.exitCode = await runCli(process.argv.slice(2));

// What a source that hangs has left behind, a socket say, must not keep the process. Unreferenced: it changes nothing where nothing is left.
setTimeout(() => process.exit(), LINGER).unref();
