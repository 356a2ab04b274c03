import { openLog } from '../../../connectors/index.ts';
import type { Pipeline } from '../../../pipeline/index.ts';
import { type Outcome, readOutcome } from '../../../pipeline/simulator/outcome.ts';

/** What a pipeline has come to in the embedded log of a state folder. */
export async function logOutcome(state: string, pipeline: Pipeline): Promise<Outcome> {
  const home = openLog(state, { readOnly: true });
  try {
    return await readOutcome(home, pipeline);
  } finally {
    await home.close();
  }
}
