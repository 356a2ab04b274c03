import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PYTHON = join(import.meta.dirname, '..', '.venv', 'bin', 'python');

/** A Python process that answers one JSON line per request line. */
export class PythonPeer {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  private constructor(script: string, parameters: readonly string[]) {
    this.child = spawn(PYTHON, [join(import.meta.dirname, script), ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Undefined where bench/.venv is not there: scripts/python-venv.sh makes it. */
  static start(script: string, ...parameters: string[]): PythonPeer | undefined {
    return existsSync(PYTHON) ? new PythonPeer(script, parameters) : undefined;
  }

  async ask(request: object): Promise<Record<string, unknown>> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done === true) throw new Error('the Python peer has ended');
    return JSON.parse(value) as Record<string, unknown>;
  }

  stop(): void {
    this.child.stdin!.end();
  }
}
