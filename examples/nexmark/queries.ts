/**
 * Queries of the NEXMark benchmark as flows of operators.
 *
 * Source: P. Tucker, K. Tufte, V. Papadimos, D. Maier, "NEXMark: a benchmark for queries over data streams", 2002; query numbers as in Apache Beam's version.
 */
import { flow, type StreamBatch } from 'millrace';
import {
  argMax,
  column,
  count,
  filterRows,
  firstString,
  globalTable,
  hoppingWindow,
  intervalJoin,
  joinAsOf,
  last,
  lookupJoin,
  max,
  mean,
  rename,
  select,
  tumblingWindow,
  withColumn,
} from 'millrace/operators';
import type { Observable } from 'rxjs';
import type { Auctions, Bids, Persons } from './schemas.ts';

/** The three streams of the auction house. */
export interface AuctionHouse {
  readonly persons: Observable<StreamBatch<Persons>>;
  readonly auctions: Observable<StreamBatch<Auctions>>;
  readonly bids: Observable<StreamBatch<Bids>>;
}

/** Longest time that an auction runs: bids are kept so long. */
export const LONGEST_AUCTION = '2m';

/** Dollars to euros. */
const EUROS = 0.908;

/** All bids as they are. */
export const q0 = ({ bids }: AuctionHouse) => flow(bids, select('auction', 'bidder', 'price', 'at'));

/** Bids in another currency. */
export const q1 = ({ bids }: AuctionHouse) =>
  flow(
    bids,
    withColumn('price', (bid) => bid.price.times(EUROS)),
  );

/** Bids for some of the items. */
export const q2 = ({ bids }: AuctionHouse) =>
  flow(
    bids,
    filterRows((bid) => bid.auction.modulo(123).equals(0)),
    select('auction', 'price', 'at'),
  );

/** Who sells in category 10 in three states. */
export const q3 = ({ persons, auctions }: AuctionHouse) =>
  flow(
    auctions,
    filterRows((auction) => auction.category.equals(10)),
    lookupJoin(globalTable(persons, { key: 'id' }), { key: 'seller', columns: ['name', 'city', 'state'], unmatched: 'drop' }),
    filterRows((sale) => sale.state.isIn(['OR', 'ID', 'CA'])),
    select('name', 'city', 'state', 'id', 'at'),
  );

/** The average price that items of each category fetch, for auctions that begin in the same `size` of time. */
export const q4 = ({ auctions, bids }: AuctionHouse, size: '10m' | '3650d' = '10m') =>
  flow(
    auctions,
    intervalJoin(bids, { key: 'id', rightKey: 'auction', after: '0s', before: LONGEST_AUCTION, columns: ['price', 'at'], prefix: 'bid_' }),
    filterRows((bid) => bid.bid_at.toNumber().atMost(bid.expires.toNumber())),
    tumblingWindow({ size, key: 'id', aggregates: { price: max('bid_price'), category: last('category') } }),
    tumblingWindow({ size, key: 'category', aggregates: { price: mean('price') } }),
  );

/** Every two seconds, the item with most bids in the last ten. */
export const q5 = ({ bids }: AuctionHouse) =>
  flow(
    bids,
    hoppingWindow({ size: '10s', slide: '2s', key: 'auction', aggregates: { bids: count() } }),
    // All windows that end together share one event time.
    tumblingWindow({ size: '2s', aggregates: { auction: argMax('auction', 'bids'), bids: max('bids') } }),
  );

/** The highest bid of every ten seconds. */
export const q7 = ({ bids }: AuctionHouse) =>
  flow(
    bids,
    tumblingWindow({
      size: '10s',
      aggregates: { price: max('price'), auction: argMax('auction', 'price'), bidder: argMax('bidder', 'price') },
    }),
  );

/** Who joined and opened an auction within the same ten seconds. */
export const q8 = ({ persons, auctions }: AuctionHouse) => {
  const joined = flow(persons, tumblingWindow({ size: '10s', key: 'id', aggregates: { name: firstString('name') } }));
  const opened = flow(auctions, tumblingWindow({ size: '10s', key: 'seller', aggregates: { auctions: count() } }));
  return flow(
    joined,
    joinAsOf(opened, { key: 'id', rightKey: 'seller', columns: ['auctions'], tolerance: 0 }),
    filterRows((person) => person.auctions.isNull().not()),
    withColumn('person', column('id')),
    rename({ windowStart: 'since' }),
    select('person', 'name', 'since', 'windowTime'),
  );
};

export const QUERIES = { q0, q1, q2, q3, q4, q5, q7, q8 } as const;
