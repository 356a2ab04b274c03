/**
 * A fresh process's first steps: node first-step.ts CASE ROWS prints milliseconds for compiling the kernels and the network, and for the first call of learnMany
 * after that. Only what a process does once is measured, so every measurement takes a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { kernelModule } from '../../kernels/index.ts';
import { type CaseName, caseData, caseNetwork } from './cases.ts';

/** Milliseconds. */
export interface FirstStep {
  /** Compiling the kernels and then the network; not the import of Millrace's own code. */
  readonly compile: number;
  readonly step: number;
}

/** The best of several processes. */
export function firstStep(name: CaseName, rows: number, processes: number): FirstStep {
  const runs = Array.from({ length: processes }, () => {
    const flags = process.execArgv.filter((flag) => flag.startsWith('--conditions'));
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, import.meta.filename, name, String(rows)], { encoding: 'utf8' });
    if (stdout === '') throw new Error(`the first step of ${name} could not be measured:\n${stderr}`);
    return JSON.parse(stdout) as FirstStep;
  });
  return { compile: Math.min(...runs.map((run) => run.compile)), step: Math.min(...runs.map((run) => run.step)) };
}

function measure(name: CaseName, rows: number): FirstStep {
  const start = performance.now();
  kernelModule(false);
  const network = caseNetwork(name);
  const compiled = performance.now();
  const { features, targets } = caseData(name, network, rows);
  const ready = performance.now();
  network.learnMany(features, targets, rows);
  return { compile: compiled - start, step: performance.now() - ready };
}

if (import.meta.main) console.log(JSON.stringify(measure(process.argv[2] as CaseName, Number(process.argv[3]))));
