import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

/** How a process ended, and what it said. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  /** Program to run instead of the command line. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file that it may write, in units of 1,024 bytes: stands for a full disk. */
  readonly fileLimit?: number;
  /** Run as this user, to be refused what root may do. */
  readonly user?: number;
}

/** `millrace ...` as a process of its own, from the sources. */
export class MillraceProcess {
  readonly end: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  running = true;

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const command = [process.execPath, '--conditions=millrace-source', options.program ?? CLI, ...args];
    const limited =
      options.fileLimit === undefined ? command : ['bash', '-c', `ulimit -f ${options.fileLimit}; exec "$@"`, '-', ...command];
    this.#child = spawn(limited[0] as string, limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KAFKA_BROKERS: '', ...options.env },
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.end = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        this.running = false;
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Sends a signal; returns how the process ended. */
  async kill(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.signal(signal);
    return this.end;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Waits until `ready` says so; throws when the process ended first or nothing happened for a minute. */
export async function until(running: MillraceProcess, ready: () => Promise<boolean> | boolean, poll = 10): Promise<void> {
  for (const started = performance.now(); performance.now() - started < 60_000; ) {
    if (await ready()) return;
    if (!running.running) throw new Error(`the process ended before it was expected: ${running.stdout}${running.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, poll));
  }
  throw new Error(`nothing happened for a minute: ${running.stdout}${running.stderr}`);
}
