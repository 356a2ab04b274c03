import type { Dictionary, Float64, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import { category, float64, int32, required, schema, timestamp, utf8 } from 'millrace';

/** People who sell and bid. */
export type Persons = { id: Int32; name: Utf8; city: Dictionary<Utf8, Int32>; state: Dictionary<Utf8, Int32>; at: TimestampMillisecond };
/** Items on offer; `expires` is when the auction ends. */
export type Auctions = {
  id: Int32;
  item: Utf8;
  category: Int32;
  seller: Int32;
  reserve: Float64;
  expires: TimestampMillisecond;
  at: TimestampMillisecond;
};
/** Offers for items. */
export type Bids = { auction: Int32; bidder: Int32; price: Float64; at: TimestampMillisecond };

export const persons = schema<Persons>(
  { id: int32(), name: utf8(), city: category(), state: category(), at: required(timestamp()) },
  { eventTime: 'at' },
);
export const auctions = schema<Auctions>(
  { id: int32(), item: utf8(), category: int32(), seller: int32(), reserve: float64(), expires: timestamp(), at: required(timestamp()) },
  { eventTime: 'at' },
);
export const bids = schema<Bids>({ auction: int32(), bidder: int32(), price: float64(), at: required(timestamp()) }, { eventTime: 'at' });
