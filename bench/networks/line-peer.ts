import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BENCH = join(import.meta.dirname, '..');
const PYTHON = join(BENCH, '.venv', 'bin', 'python');
const TFJS = join(BENCH, 'peers', 'node_modules', '@tensorflow', 'tfjs');

/** A peer in a process of its own, which answers one JSON line per request line. */
export class LinePeer {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  private constructor(name: string, command: string, parameters: readonly string[]) {
    this.name = name;
    this.child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** PyTorch on one thread, or undefined where bench/.venv is not there: scripts/python-venv.sh makes it. */
  static async torch(): Promise<LinePeer | undefined> {
    if (!existsSync(PYTHON)) return missing('PyTorch', 'scripts/python-venv.sh');
    const script = join(import.meta.dirname, 'torch-peer.py');
    const probe = new LinePeer('', PYTHON, [script]);
    const { version } = await probe.ask({ case: 'version' });
    probe.stop();
    return new LinePeer(`PyTorch ${String(version).split('+')[0]}`, PYTHON, [script]);
  }

  /** tfjs-wasm, or undefined where bench/peers lacks it: scripts/bench-peers.sh installs it. */
  static tfjs(): LinePeer | undefined {
    if (!existsSync(TFJS)) return missing('tfjs-wasm', 'scripts/bench-peers.sh');
    return new LinePeer('tfjs-wasm 4.22.0', process.execPath, [join(import.meta.dirname, 'tfjs-peer.ts')]);
  }

  async ask(request: object): Promise<Record<string, unknown>> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done === true) throw new Error(`${this.name} has ended`);
    return JSON.parse(value) as Record<string, unknown>;
  }

  stop(): void {
    this.child.stdin!.end();
  }
}

function missing(name: string, script: string): undefined {
  console.error(`${name} is left out: ${script} installs it`);
  return undefined;
}
