/** Tries before a list counts as small enough. */
const MOST_TRIES = 150;

/**
 * The smallest list that still fails, found by leaving out ever smaller parts (delta debugging).
 *
 * Source: A. Zeller, R. Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.
 */
export async function shrink<E>(failing: readonly E[], fails: (events: readonly E[]) => Promise<boolean>): Promise<readonly E[]> {
  let events = failing;
  let parts = 2;
  for (let tries = 0; events.length > 0 && tries < MOST_TRIES; ) {
    const size = Math.ceil(events.length / parts);
    let smaller: readonly E[] | undefined;
    for (let from = 0; from < events.length && smaller === undefined && tries < MOST_TRIES; from += size, tries++) {
      const rest = [...events.slice(0, from), ...events.slice(from + size)];
      if (await fails(rest)) smaller = rest;
    }
    if (smaller !== undefined) {
      events = smaller;
      parts = Math.max(parts - 1, 2);
    } else if (size <= 1) break;
    else parts = Math.min(parts * 2, events.length);
  }
  return events;
}
