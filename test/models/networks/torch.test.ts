import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { networkOf, relativeError, type TorchCase } from './torch-case.ts';

const folder = join(import.meta.dirname, 'fixtures');

interface Recorded {
  readonly torch: string;
  readonly cases: Readonly<Record<string, TorchCase>>;
}

function typed(recorded: TorchCase): { features: Float32Array; targets: Float32Array; weights: Float32Array | undefined } {
  const { features, targets, sampleWeights } = recorded;
  const weights = sampleWeights === undefined ? undefined : Float32Array.from(sampleWeights);
  return { features: Float32Array.from(features), targets: Float32Array.from(targets), weights };
}

for (const file of readdirSync(folder).filter((name) => name.startsWith('torch-'))) {
  const recorded = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded;
  describe(`${file} (PyTorch ${recorded.torch}, float64)`, () => {
    test.each(Object.entries(recorded.cases))('%s: output, loss and gradients', (_name, expected) => {
      const network = networkOf(expected);
      const { features, targets, weights } = typed(expected);
      expect(relativeError(network.predictMany(features, expected.rows), expected.output)).toBeLessThan(1e-5);
      const { loss, gradients } = network.gradientsOf(features, targets, expected.rows, weights);
      expect(relativeError([loss], [expected.lossValue])).toBeLessThan(1e-5);
      expect([...gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
      for (const [name, values] of Object.entries(expected.gradients)) {
        expect(relativeError(gradients.get(name)!, values), `gradient of ${name}`).toBeLessThan(1e-5);
      }
    });

    test.each(Object.entries(recorded.cases))('%s: training trajectory', (_name, expected) => {
      const network = networkOf(expected);
      const { features, targets, weights } = typed(expected);
      for (const loss of expected.losses) {
        const learned = network.learnMany(features, targets, expected.rows, weights);
        expect(learned.skipped).toBe(false);
        expect(relativeError([learned.loss], [loss])).toBeLessThan(1e-4);
      }
      const final = network.weights();
      for (const [name, values] of Object.entries(expected.finalWeights)) {
        expect(relativeError(final.get(name)!, values), `weights ${name}`).toBeLessThan(1e-4);
      }
    });
  });
}
