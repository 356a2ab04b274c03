/** Bytes of rows, decoded or about to be, that all files of a source hold at a time. */
const SHARED_BYTES = 256 * 1024 * 1024;

/** What the files of a source share. */
export interface FileShares {
  /** The next chunk stream's number: unique within a decoder. */
  nextStream: number;
  /** Bytes of rows that one file may hold. */
  bytesPerFile: number;
}

/** Event times of a file's rows, ms, as far as statistics tell. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** The share of one file where those are merged whose spans overlap; without spans, files follow one another. */
export function fileShares(spans: readonly TimeSpan[]): FileShares {
  return { nextStream: 0, bytesPerFile: SHARED_BYTES / Math.max(1, mostAtOnce(spans)) };
}

/** How many of the spans have an instant in common. */
export function mostAtOnce(spans: readonly TimeSpan[]): number {
  const begins = Float64Array.from(spans, ({ from }) => from).sort();
  const ends = Float64Array.from(spans, ({ to }) => to).sort();
  let most = 0;
  for (let begun = 0, ended = 0; begun < begins.length; begun++) {
    while ((ends[ended] as number) < (begins[begun] as number)) ended++;
    most = Math.max(most, begun + 1 - ended);
  }
  return most;
}
