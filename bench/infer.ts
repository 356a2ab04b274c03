/** Predictions of the same networks, one thread, beside onnxruntime-node. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Suite } from './bench-line.ts';
import { bestTime } from './networks/best-time.ts';
import { BATCHES, CASES, type CaseName, caseData, caseNetwork } from './networks/cases.ts';

const PEERS = join(import.meta.dirname, 'peers');

/** The little of onnxruntime-node that is used here; the package is no dependency, so its types are not at hand. */
interface Onnx {
  readonly InferenceSession: { create(file: string, options: object): Promise<{ run(feeds: object): Promise<object> }> };
  readonly Tensor: new (type: string, data: Float32Array, shape: readonly number[]) => object;
}

/** Shapes of a row as PyTorch exported them. */
const SHAPES: Readonly<Record<CaseName, readonly number[]>> = {
  dense: [32],
  xor: [2],
  conv2d: [1, 28, 28],
  conv1d: [8, 64],
  rnn: [10, 10],
  gru: [32, 8],
  lstm: [32, 8],
};

export const run: Suite = async (report, { quick }) => {
  const seconds = quick ? 0.2 : 1;
  const installed = existsSync(join(PEERS, 'node_modules', 'onnxruntime-node'));
  if (!installed) console.error('onnxruntime-node is left out: scripts/bench-peers.sh installs it');
  const onnx = installed ? (createRequire(join(PEERS, 'package.json'))('onnxruntime-node') as Onnx) : undefined;
  for (const name of CASES) {
    for (const rows of BATCHES) {
      let ours = predictTime(name, rows, seconds);
      const value = onnx && (await onnxTime(onnx, name, rows, seconds));
      ours = Math.min(ours, predictTime(name, rows, seconds));
      report({
        case: `${name} B=${rows}`,
        unit: 'us',
        ours,
        lessIsBetter: true,
        ...(value !== undefined && { peer: { name: 'onnxruntime-node', value } }),
      });
    }
  }
};

function predictTime(name: CaseName, rows: number, seconds: number): number {
  const network = caseNetwork(name);
  const { features } = caseData(name, network, rows);
  return bestTime(() => void network.predictMany(features, rows), seconds / 2);
}

async function onnxTime(onnx: Onnx, name: CaseName, rows: number, seconds: number): Promise<number | undefined> {
  const file = join(PEERS, 'onnx', `${name}.onnx`);
  if (!existsSync(file)) return undefined;
  const session = await onnx.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const data = new Float32Array(SHAPES[name].reduce((product, size) => product * size, rows)).fill(0.3);
  const x = new onnx.Tensor('float32', data, [rows, ...SHAPES[name]]);
  for (let i = 0; i < 5; i++) await session.run({ x });
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 500;
  while (performance.now() < end) {
    const start = performance.now();
    await session.run({ x });
    best = Math.min(best, performance.now() - start);
  }
  return best * 1000;
}
