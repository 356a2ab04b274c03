/** Every NEXMark query against the same question asked of all events at once, in plain loops. */
import { expect, test } from 'vitest';
import { auctionHouse, type NexmarkEvent, nexmarkEvents } from '../../bench/nexmark/auction-house.ts';
import { type AuctionHouse, q0, q1, q2, q3, q4, q5, q7, q8 } from '../../examples/nexmark/queries.ts';
import { JoinRun } from '../contract/run-join.ts';
import { columnsOf } from '../contract/run-operator.ts';

const events = [...nexmarkEvents(20_000, { seed: 4, apart: 7 })];
const { persons, auctions, bids } = auctionHouse(events);
const of = <K extends NexmarkEvent['kind']>(kind: K) =>
  events.filter((event): event is Extract<NexmarkEvent, { kind: K }> => event.kind === kind);

/** Rows of a query, cut into turns of 500 events. */
function answer(query: (house: AuctionHouse) => unknown, ...columns: string[]): unknown[][] {
  const run = new JoinRun(([p, a, b]) => query({ persons: p as never, auctions: a as never, bids: b as never }) as never, 3)
    .push([persons, auctions, bids], 500)
    .end();
  expect(run.task.unbalanced()).toEqual([]);
  return columnsOf(run.rows()).map((row) => columns.map((column) => row[column]));
}

const sorted = (rows: unknown[][]) => rows.map((row) => row.join(' ')).sort();
const floor = (at: number, size: number) => Math.floor(at / size) * size;

test('q0 passes all bids', () => {
  expect(answer(q0, 'auction', 'bidder', 'price', 'at')).toEqual(
    of('bid').map(({ auction, bidder, price, at }) => [auction, bidder, price, at]),
  );
});

test('q1 converts prices', () => {
  expect(answer(q1, 'auction', 'price')).toEqual(of('bid').map(({ auction, price }) => [auction, price * 0.908]));
});

test('q2 selects bids', () => {
  const expected = of('bid').filter(({ auction }) => auction % 123 === 0);
  expect(expected.length).toBeGreaterThan(10);
  expect(answer(q2, 'auction', 'price')).toEqual(expected.map(({ auction, price }) => [auction, price]));
});

test('q3 joins sellers', () => {
  const people = new Map(of('person').map((person) => [person.id, person]));
  const expected = of('auction').flatMap(({ category, seller, id }) => {
    const person = people.get(seller);
    return category === 10 && person !== undefined && ['OR', 'ID', 'CA'].includes(person.state)
      ? [[person.name, person.city, person.state, id]]
      : [];
  });
  expect(expected.length).toBeGreaterThan(20);
  expect(answer(q3, 'name', 'city', 'state', 'id')).toEqual(expected);
});

test('q4 averages winning bids', () => {
  const winning = of('auction').flatMap(({ id, at, expires, category }) => {
    const prices = of('bid')
      .filter((bid) => bid.auction === id && bid.at >= at && bid.at <= expires)
      .map(({ price }) => price);
    return prices.length === 0 ? [] : [{ category, price: Math.max(...prices) }];
  });
  const expected = [...Map.groupBy(winning, ({ category }) => category)].map(([category, all]) => [
    category,
    all.reduce((sum, { price }) => sum + price, 0) / all.length,
  ]);
  const found = answer((house) => q4(house, '3650d'), 'category', 'price');
  expect(found.length).toBe(5);
  for (const [category, price] of expected) expect(found.find(([other]) => other === category)?.[1]).toBeCloseTo(price as number, 6);
});

test('q5 finds hot items', () => {
  const [size, slide] = [10_000, 2000];
  const counts = new Map<number, Map<number, number>>();
  for (const { auction, at } of of('bid')) {
    for (let end = floor(at, slide) + slide; end <= floor(at, slide) + size; end += slide) {
      const window = counts.get(end) ?? new Map<number, number>();
      counts.set(end, window.set(auction, (window.get(auction) ?? 0) + 1));
    }
  }
  const found = answer(q5, 'windowEnd', 'auction', 'bids');
  expect(found.map(([end]) => end)).toEqual([...counts.keys()].sort((a, b) => a - b));
  for (const [end, auction, most] of found as [number, number, number][]) {
    const window = counts.get(end) as Map<number, number>;
    expect(most).toBe(Math.max(...window.values()));
    expect(window.get(auction)).toBe(most);
  }
});

test('q7 finds the highest bid of a window', () => {
  const expected = [...Map.groupBy(of('bid'), ({ at }) => floor(at, 10_000))].map(([start, all]) => {
    const best = all.reduce((best, bid) => (bid.price > best.price ? bid : best));
    return [start, best.price, best.auction, best.bidder];
  });
  expect(answer(q7, 'windowStart', 'price', 'auction', 'bidder')).toEqual(expected);
});

test('q8 finds new sellers', () => {
  const expected = of('person')
    .filter(({ id, at }) => of('auction').some((auction) => auction.seller === id && floor(auction.at, 10_000) === floor(at, 10_000)))
    .map(({ id, name, at }) => [id, name, floor(at, 10_000)]);
  expect(expected.length).toBeGreaterThan(20);
  expect(sorted(answer(q8, 'person', 'name', 'since'))).toEqual(sorted(expected));
});
