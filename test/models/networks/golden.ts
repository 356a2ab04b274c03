import { crc32c } from '../../../kernels/index.ts';
import { FAMILIES, familyData, familyNetwork } from './families.ts';

const STEPS = 1000;
const ROWS = 6;

/** CRC-32C of each family's snapshot (weights, moments, counts) after 1,000 steps on ever new rows. Runs in Node and in browsers alike. */
export function goldenDigests(): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const name of Object.keys(FAMILIES)) {
    const network = familyNetwork(name, 11);
    const { features, targets } = familyData(name, network, ROWS * 50);
    const { inputSize, outputSize } = network;
    for (let step = 0; step < STEPS; step++) {
      const first = (step % 50) * ROWS;
      const x = features.subarray(first * inputSize, (first + ROWS) * inputSize);
      network.learnMany(x, targets.subarray(first * outputSize, (first + ROWS) * outputSize), ROWS);
    }
    // Without the snapshot's own checksum, with which the sum of anything is the same.
    digests[name] = crc32c(network.snapshot().subarray(0, -4)).toString(16).padStart(8, '0');
  }
  return digests;
}
