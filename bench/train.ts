/**
 * One training step of small networks, one thread, beside PyTorch (the best of its modes) and tfjs-wasm; then the first step of a fresh process, and the
 * speed-up of a second thread.
 * BENCH_CASES=dense,gru takes some of the cases.
 */
// Says how threads are started.
import '../pipeline/index.ts';
import type { Report, Suite } from './bench-line.ts';
import { bestTime } from './networks/best-time.ts';
import { BATCHES, CASES, type CaseName, caseData, caseNetwork } from './networks/cases.ts';
import { firstStep } from './networks/first-step.ts';
import { LinePeer } from './networks/line-peer.ts';

export const run: Suite = async (report, { quick }) => {
  const torch = await LinePeer.torch();
  const tfjs = LinePeer.tfjs();
  const seconds = quick ? 0.3 : 1.5;
  const wanted = process.env.BENCH_CASES?.split(',') ?? CASES;
  const cases = CASES.filter((name) => wanted.includes(name));
  for (const name of cases) {
    for (const rows of BATCHES) {
      // Ours is timed before and after the peers, so that a busy moment of the machine hits neither alone.
      let ours = stepTime(name, rows, seconds / 2);
      const peers: { name: string; value: number }[] = [];
      for (const peer of [torch, tfjs]) {
        const reply = await peer?.ask({ case: name, rows, seconds: peer === tfjs ? seconds / 2 : seconds });
        if (reply?.unable !== undefined) console.error(`${peer!.name} cannot train ${name}: ${String(reply.unable).slice(0, 120)}`);
        else if (reply !== undefined) peers.push({ name: peer!.name, value: Number(reply.microseconds) });
      }
      ours = Math.min(ours, stepTime(name, rows, seconds / 2));
      const line = { case: `${name} B=${rows}`, unit: 'us/step', ours, lessIsBetter: true };
      if (peers.length === 0) report(line);
      for (const peer of peers) report({ ...line, peer });
    }
  }
  torch?.stop();
  tfjs?.stop();
  for (const name of cases) reportFirstStep(report, name, quick ? 3 : 9);
  for (const name of cases.filter((candidate) => candidate !== 'xor')) reportThreads(report, name, seconds);
};

function stepTime(name: CaseName, rows: number, seconds: number): number {
  const network = caseNetwork(name);
  const { features, targets } = caseData(name, network, rows);
  return bestTime(() => void network.learnMany(features, targets, rows), seconds);
}

/** What comes before the first step, and the first step itself. */
function reportFirstStep(report: Report, name: CaseName, processes: number): void {
  for (const rows of [1, 32]) {
    const { compile, step } = firstStep(name, rows, processes);
    if (rows === 1) report({ case: `${name} compile`, unit: 'us', ours: compile * 1000, lessIsBetter: true });
    report({ case: `${name} B=${rows} first step`, unit: 'us', ours: step * 1000, lessIsBetter: true });
  }
}

/** 256 rows on one thread and on two. */
function reportThreads(report: Report, name: CaseName, seconds: number): void {
  const [one, two] = [caseNetwork(name), caseNetwork(name, 2)];
  const { features, targets } = caseData(name, one, 256);
  // The second thread may still be starting.
  for (const end = performance.now() + 5000; two.threadCalls === 0 && performance.now() < end; ) two.learnMany(features, targets, 256);
  const times = [one, two, one, two, one, two].map((network) =>
    bestTime(() => void network.learnMany(features, targets, 256), seconds / 3),
  );
  two.close();
  report({
    case: `${name} B=256 two threads`,
    unit: 'us/step',
    ours: Math.min(times[1]!, times[3]!, times[5]!),
    peer: { name: 'one thread', value: Math.min(times[0]!, times[2]!, times[4]!) },
    lessIsBetter: true,
  });
}
