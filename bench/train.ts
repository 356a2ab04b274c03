/** One training step of small networks, one thread, beside PyTorch (the best of its modes) and tfjs-wasm. */

import type { Suite } from './bench-line.ts';
import { bestTime } from './networks/best-time.ts';
import { BATCHES, CASES, type CaseName, caseData, caseNetwork } from './networks/cases.ts';
import { PythonPeer } from './networks/python-peer.ts';

export const run: Suite = async (report, { quick }) => {
  const torch = PythonPeer.start('torch-peer.py');
  if (torch === undefined) console.error('no PyTorch: scripts/python-venv.sh installs it under bench/.venv');
  const peerName = torch && `PyTorch ${String((await torch.ask({ case: 'version' })).version)}`;
  const seconds = quick ? 0.3 : 1.5;
  const wanted = process.env.BENCH_CASES?.split(',') ?? CASES;
  for (const name of CASES.filter((candidate) => wanted.includes(candidate))) {
    for (const rows of BATCHES) {
      const ours = stepTime(name, rows, seconds);
      const peer = torch && Number((await torch.ask({ case: name, rows, seconds })).microseconds);
      const again = Math.min(ours, stepTime(name, rows, seconds));
      report({
        case: `${name} B=${rows}`,
        unit: 'us/step',
        ours: again,
        ...(peer !== undefined && { peer: { name: peerName!, value: peer } }),
        lessIsBetter: true,
      });
    }
  }
  torch?.stop();
};

function stepTime(name: CaseName, rows: number, seconds: number): number {
  const network = caseNetwork(name);
  const { features, targets } = caseData(name, network, rows);
  return bestTime(() => void network.learnMany(features, targets, rows), seconds / 2);
}
