import type { RunSummary } from '../pipeline/index.ts';

/** One line per step that trains beside ingestion: what became of its mini-batches. */
export function trainingLines(steps: RunSummary['steps']): readonly string[] {
  return Object.entries(steps).flatMap(([step, { trained, sampledOut = 0, coalesced = 0 }]) => {
    if (trained === undefined && sampledOut === 0) return [];
    const number = (value: number) => value.toLocaleString('en-US');
    return [
      `${step} trains beside: ${number(trained ?? 0)} mini-batches learned, ${number(coalesced)} of them coalesced with a later one; ${number(sampledOut)} sampled out`,
    ];
  });
}
