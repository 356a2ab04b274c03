import { Random } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';

/**
 * What can go wrong at one request of a task to its store:
 * - `kill-before`, `kill-after`: the worker's process dies before the request is sent, or once it has taken effect and before the answer comes;
 * - `refuse`: the request fails and has no effect;
 * - `lose`: it takes effect, but its answer is lost, so the task asks again and is served twice;
 * - `delay`: it travels for so many milliseconds, and arrives even when its sender is dead or replaced by then;
 * - `reorder`: its answer is overtaken by so many others;
 * - `cut`: it is answered with at most so many rows;
 * - `move`: the task moves to another worker in good order; `seize`: another worker takes it while this one still runs.
 */
export const FAULT_KINDS = ['kill-before', 'kill-after', 'refuse', 'lose', 'delay', 'reorder', 'cut', 'move', 'seize'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault at the request with this number: all requests of a simulation are numbered from 1. */
export interface Fault {
  readonly point: number;
  readonly kind: FaultKind;
  /** Milliseconds, answers or rows, by kind. */
  readonly amount?: number;
}

/** How often each fault happens, per request. */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** Says which faults happen at a request. */
export type FaultPlan = (point: number) => readonly Fault[];

const AMOUNTS: Readonly<Partial<Record<FaultKind, (random: Random) => number>>> = {
  delay: (random) => 1 + random.integer(random.integer(4) === 0 ? 3000 : 60),
  reorder: (random) => 1 + random.integer(3),
  cut: (random) => 1 + random.integer(20),
};

/** Faults by chance: the same for the same seed and request. After `most` deaths and moves the rest of the run is spared them, so that it ends. */
export function randomPlan(seed: number, rates: FaultRates, most: number): FaultPlan {
  let grave = 0;
  return (point) => {
    const random = new Random(seed * 1_000_003 + point);
    const faults: Fault[] = [];
    for (const kind of FAULT_KINDS) {
      const happens = random.uniform() < (rates[kind] ?? 0);
      const amount = AMOUNTS[kind]?.(random);
      if (!happens) continue;
      if (kind !== 'delay' && kind !== 'reorder' && kind !== 'cut' && ++grave > most) continue;
      faults.push(amount === undefined ? { point, kind } : { point, kind, amount });
    }
    return faults;
  };
}

/** Exactly these faults. */
export function fixedPlan(faults: readonly Fault[]): FaultPlan {
  const byPoint = Map.groupBy(faults, ({ point }) => point);
  return (point) => byPoint.get(point) ?? [];
}

/** Faults as text: `kill-after@12 delay@15=300`. */
export const formatFaults = (faults: readonly Fault[]): string =>
  faults.map(({ point, kind, amount }) => `${kind}@${point}${amount === undefined ? '' : `=${amount}`}`).join(' ');

/**
 * Reads what {@link formatFaults} wrote.
 *
 * @throws MillraceError INVALID_OPTION naming the word that is no fault.
 */
export function parseFaults(text: string): readonly Fault[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.map((word) => {
    const match = /^([a-z-]+)@(\d+)(?:=(\d+))?$/.exec(word);
    const kind = FAULT_KINDS.find((known) => known === match?.[1]);
    if (match === null || kind === undefined) {
      throw new MillraceError('INVALID_OPTION', `'${word}' is no fault`, {
        hint: `faults are ${FAULT_KINDS.join(', ')}: kill-after@12 delay@15=300`,
      });
    }
    return { point: Number(match[2]), kind, ...(match[3] === undefined ? {} : { amount: Number(match[3]) }) };
  });
}
