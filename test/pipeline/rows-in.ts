import type { Run } from '../../pipeline/index.ts';

/** Waits until a run has taken in so many rows; fails as soon as it has ended with fewer. */
export async function rowsIn(run: Run, rows: number): Promise<void> {
  let ended = false;
  const end = run.done.finally(() => {
    ended = true;
  });
  while (run.progress().rowsIn < rows) {
    if (ended) throw new Error(`the run has ended after ${run.progress().rowsIn} of ${rows} rows`);
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 2))]);
  }
  end.catch(() => {});
}
