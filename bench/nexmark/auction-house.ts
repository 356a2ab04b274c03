import { type Batch, categoryData, float64Data, int32Data, makeBatch, timestampData, utf8Data } from '../../columnar/index.ts';
import { auctions, bids, persons } from '../../examples/nexmark/schemas.ts';
import { Random } from '../../kernels/index.ts';
import { type StreamBatch, streamBatch } from '../../streams/index.ts';

/** One event of the auction house. */
export type NexmarkEvent =
  | {
      readonly kind: 'person';
      readonly at: number;
      readonly id: number;
      readonly name: string;
      readonly city: string;
      readonly state: string;
    }
  | {
      readonly kind: 'auction';
      readonly at: number;
      readonly id: number;
      readonly item: string;
      readonly category: number;
      readonly seller: number;
      readonly reserve: number;
      readonly expires: number;
    }
  | { readonly kind: 'bid'; readonly at: number; readonly auction: number; readonly bidder: number; readonly price: number };

const STATES = ['OR', 'ID', 'CA', 'WA', 'AZ', 'WY'];
const CITIES = ['Portland', 'Boise', 'Palo Alto', 'Seattle', 'Phoenix', 'Cheyenne', 'Bend', 'Kent'];
/** Of fifty events one is a person, three are auctions, the rest bids. */
const PERSONS = 1;
const AUCTIONS = 3;
const ROUND = 50;
const START = Date.UTC(2024, 0, 1);

/** Seeded events in order of time, `apart` ms from each other. */
export function* nexmarkEvents(count: number, { seed = 1, apart = 5 } = {}): Generator<NexmarkEvent> {
  const random = new Random(seed);
  let people = 0;
  let items = 0;
  // Half of the bids go to the newest items, and new items come from the newest people mostly.
  const recent = (of: number, few: number) => (random.uniform() < 0.5 ? Math.max(0, of - 1 - random.integer(few)) : random.integer(of));
  for (let i = 0; i < count; i++) {
    const at = START + i * apart;
    const turn = i % ROUND;
    if (turn < PERSONS)
      yield {
        kind: 'person',
        at,
        id: people++,
        name: `person ${random.integer(1e6)}`,
        city: CITIES[random.integer(8)] as string,
        state: STATES[random.integer(6)] as string,
      };
    else if (turn < PERSONS + AUCTIONS) {
      const expires = at + 1000 + random.integer(119_000);
      yield {
        kind: 'auction',
        at,
        id: items++,
        item: `item ${random.integer(1e6)}`,
        category: 10 + random.integer(5),
        seller: recent(people, 10),
        reserve: 1 + random.integer(1000),
        expires,
      };
    } else yield { kind: 'bid', at, auction: recent(items, 20), bidder: recent(people, 20), price: 1 + random.integer(100_000) };
  }
}

type EventOf<K extends NexmarkEvent['kind']> = Extract<NexmarkEvent, { kind: K }>;

/** The events as the three streams of a task: ordinals count over all of them. */
export function auctionHouse(events: readonly NexmarkEvent[]): Record<'persons' | 'auctions' | 'bids', StreamBatch> {
  const stream = <K extends NexmarkEvent['kind']>(kind: K, make: (rows: readonly EventOf<K>[]) => Batch): StreamBatch => {
    const places = events.flatMap((event, ordinal) => (event.kind === kind ? [ordinal] : []));
    const rows = places.map((place) => events[place] as EventOf<K>);
    return { ...streamBatch(make(rows), { watermark: Float64Array.from(rows, ({ at }) => at) }), ordinal: Float64Array.from(places) };
  };
  return {
    persons: stream('person', (rows) =>
      makeBatch(persons, [
        int32Data(Int32Array.from(rows, ({ id }) => id)),
        utf8Data(rows.map(({ name }) => name)),
        categoryData(
          Int32Array.from(rows, ({ city }) => CITIES.indexOf(city)),
          CITIES,
        ),
        categoryData(
          Int32Array.from(rows, ({ state }) => STATES.indexOf(state)),
          STATES,
        ),
        timestampData(rows.map(({ at }) => at)),
      ]),
    ),
    auctions: stream('auction', (rows) =>
      makeBatch(auctions, [
        int32Data(Int32Array.from(rows, ({ id }) => id)),
        utf8Data(rows.map(({ item }) => item)),
        int32Data(Int32Array.from(rows, ({ category }) => category)),
        int32Data(Int32Array.from(rows, ({ seller }) => seller)),
        float64Data(Float64Array.from(rows, ({ reserve }) => reserve)),
        timestampData(rows.map(({ expires }) => expires)),
        timestampData(rows.map(({ at }) => at)),
      ]),
    ),
    bids: stream('bid', (rows) =>
      makeBatch(bids, [
        int32Data(Int32Array.from(rows, ({ auction }) => auction)),
        int32Data(Int32Array.from(rows, ({ bidder }) => bidder)),
        float64Data(Float64Array.from(rows, ({ price }) => price)),
        timestampData(rows.map(({ at }) => at)),
      ]),
    ),
  };
}
