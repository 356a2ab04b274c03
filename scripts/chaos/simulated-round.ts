import { simulate } from '../../pipeline/testing.ts';
import { MillraceError } from '../../streams/index.ts';
import { simulatedPipelines } from '../../test/pipeline/simulator/simulated-pipelines.ts';
import type { Round } from './round.ts';

/** Simulated faults for one of the five pipelines: `runs` seeds from `seed` on. */
export async function simulatedRound(name: string, seed: number, runs: number): Promise<Round> {
  const make = simulatedPipelines[name];
  if (make === undefined) throw new Error(`there is no simulated pipeline '${name}'`);
  const { pipeline, inputs } = make();
  try {
    const { faults } = await simulate(pipeline, { inputs, seed, seeds: runs });
    return { kind: `simulated ${name}`, faults: { runs, ...faults }, differences: [] };
  } catch (thrown) {
    return { kind: `simulated ${name}`, faults: {}, differences: [MillraceError.from(thrown, 'INTERNAL').message] };
  }
}
