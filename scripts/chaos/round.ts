/** What one round of chaos did, and what differed from an undisturbed run afterwards. */
export interface Round {
  readonly kind: string;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Empty when output, state and counters were those of the undisturbed run. */
  readonly differences: readonly string[];
}

/** Makes one round with this seed. */
export type RoundMaker = (seed: number) => Promise<Round>;

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
