/** One result of a benchmark: a case of ours beside one peer. Without a peer, the last three are null. */
export interface BenchLine {
  readonly suite: string;
  readonly case: string;
  /** What `ours` and `peer` count, such as `rows/s` or `us/step`. */
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** Above 1 means that ours is better, for times as for rates. */
  readonly ratio: number | null;
}

/** A result as a suite hands it over. */
export interface BenchResult {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: { readonly name: string; readonly value: number };
  /** Whether less is better, as with times and sizes; by default more is. */
  readonly lessIsBetter?: boolean;
}

/** Where a suite hands its results to, one by one. */
export type Report = (result: BenchResult) => void;

/** What a suite's file exports: `export const run: Suite = async (report, { quick }) => {...}`. */
export type Suite = (report: Report, options: { /** Less data, for a first look. */ readonly quick: boolean }) => Promise<void>;

/** The printed form of a result. */
export function benchLine(suite: string, result: BenchResult): BenchLine {
  const { ours, peer, unit, lessIsBetter = false } = result;
  if (peer === undefined) return { suite, case: result.case, unit, ours, peer: null, peerName: null, ratio: null };
  const ratio = lessIsBetter ? peer.value / ours : ours / peer.value;
  return { suite, case: result.case, unit, ours, peer: peer.value, peerName: peer.name, ratio };
}

const rounded = (value: number | null): string => (value === null ? '-' : value.toLocaleString('en-US', { maximumSignificantDigits: 4 }));

/** The lines as an aligned table. */
export function benchTable(lines: readonly BenchLine[]): string {
  const head = ['case', 'unit', 'ours', 'peer', 'value', 'ratio'];
  const rows = lines.map((line) => [
    line.case,
    line.unit,
    rounded(line.ours),
    line.peerName ?? '-',
    rounded(line.peer),
    line.ratio === null ? '-' : `${line.ratio.toFixed(2)}x`,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] as string).length)));
  // Words begin, and numbers end, under one another.
  const isNumber = [false, false, true, false, true, true];
  const aligned = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number)))
      .join('  ');
  return [aligned(head), ...rows.map(aligned)].map((row) => row.trimEnd()).join('\n');
}
