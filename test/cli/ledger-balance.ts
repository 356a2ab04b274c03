/** Ledger counters by step, as `--summary` writes them. */
export type LedgerCounters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A summary as `--summary FILE` writes it. */
export interface WrittenSummary {
  readonly rowsIn: number;
  readonly rowsRejected: number;
  readonly rowsDropped: number;
  readonly predictions: number;
  readonly seconds: number;
  readonly scores: readonly {
    readonly name: string;
    readonly metric: string;
    readonly model: number;
    readonly baseline: number;
    readonly ratio: number;
    readonly n: number;
  }[];
  readonly ledger: LedgerCounters;
}

/**
 * Where rows of the main job have got lost or were made up, in words: from the records of its source through every step of its one chain to the forecasts.
 * It knows nothing of the equations that the steps themselves declare.
 */
export function imbalances({ rowsIn, rowsRejected, rowsDropped, predictions, ledger }: WrittenSummary): readonly string[] {
  const problems: string[] = [];
  const same = (what: string, a: number, b: number) => {
    if (a !== b) problems.push(`${what}: ${a} is not ${b}`);
  };
  const of = (step: string, counter: string) => ledger[step]?.[counter] ?? 0;
  const total = (matches: (counter: string) => boolean) =>
    Object.values(ledger)
      .flatMap((counters) => Object.entries(counters))
      .reduce((sum, [counter, rows]) => sum + (matches(counter) ? rows : 0), 0);
  let rows = of('source readings', 'decoded');
  same('records', rowsIn, rows + of('source readings', 'rejected'));
  for (const [step, counters] of Object.entries(ledger)) {
    if (/^(source|sink) /.test(step)) continue;
    same(`rows into ${step}`, of(step, 'in'), rows);
    const { in: entered = 0, out = 0, rejected = 0, ...others } = counters;
    const dropped = Object.entries(others).reduce((sum, [name, count]) => sum + (name.startsWith('dropped:') ? count : 0), 0);
    same(`rows through ${step}`, entered * (step === 'learn' ? 3 : 1), out + rejected + dropped);
    rows = out;
  }
  same('labels of learn', of('learn', 'labeled') + of('learn', 'expired') + of('learn', 'waiting'), predictions);
  same('forecasts', of('sink forecasts', 'out'), rows);
  same('predictions', predictions, rows);
  same(
    'rejected',
    total((counter) => counter === 'rejected'),
    rowsRejected,
  );
  same(
    'dropped',
    total((counter) => counter.startsWith('dropped:')),
    rowsDropped,
  );
  return problems;
}
