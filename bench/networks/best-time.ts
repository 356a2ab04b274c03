/** Best of several runs, in microseconds a call: the machine's other work can only add to a run. */
export function bestTime(call: () => void, seconds: number, runs = 5): number {
  for (let i = 0; i < 5; i++) call();
  let start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 200) {
    call();
    count++;
  }
  const calls = Math.max(1, Math.round(count / runs));
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    start = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, (performance.now() - start) / calls);
  }
  return best * 1000;
}
