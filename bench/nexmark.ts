/** Events a second of NEXMark queries, one thread: `npm run bench -- nexmark`. */
import { QUERIES } from '../examples/nexmark/queries.ts';
import { JoinRun } from '../test/contract/run-join.ts';
import type { Suite } from './bench-line.ts';
import { auctionHouse, nexmarkEvents } from './nexmark/auction-house.ts';
import { timed } from './operators/rates.ts';

const ROUNDS = 3;

export const run: Suite = async (report, { quick }) => {
  const events = [...nexmarkEvents(quick ? 200_000 : 2_000_000)];
  const { persons, auctions, bids } = auctionHouse(events);
  for (const [name, query] of Object.entries(QUERIES)) {
    let best = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const join = new JoinRun(([p, a, b]) => query({ persons: p as never, auctions: a as never, bids: b as never }) as never, 3);
      const milliseconds = timed(() => join.push([persons, auctions, bids], 8192).end());
      if (join.error !== undefined) throw join.error;
      best = Math.max(best, (events.length / milliseconds) * 1000);
    }
    report({ case: name, unit: 'events/s', ours: best });
  }
};
