import { MillraceError, type StateReader, type StateWriter } from '../../streams/index.ts';
import type { Slots } from './slots.ts';

/** What the state of a window operator is of. */
export interface WindowLayout {
  readonly key: string | undefined;
  /** In words: `size 3600000 ms, offset 0 ms`. */
  readonly bounds: string;
  /** Kinds by name. */
  readonly aggregates: ReadonlyMap<string, string>;
}

/** By stored aggregate the place it has now, or -1. Undefined: of version 1, which wrote all of them together and did not tell their names. */
export type StoredAggregates = readonly number[] | undefined;

export function writeWindowLayout(out: StateWriter, { key = '', bounds, aggregates }: WindowLayout): void {
  out
    .string(key)
    .string(bounds)
    .strings([...aggregates.keys()])
    .strings([...aggregates.values()]);
}

export function readWindowLayout(input: StateReader): WindowLayout {
  const key = input.string();
  const bounds = input.string();
  const names = input.strings();
  const kinds = input.strings();
  return { key: key === '' ? undefined : key, bounds, aggregates: new Map(names.map((name, index) => [name, kinds[index] ?? ''])) };
}

/** Throws STATE_INCOMPATIBLE, naming what differs, when the windows themselves are others. */
export function requireSameWindows(wanted: WindowLayout, stored: WindowLayout): void {
  requireSame('key', stored.key ?? '(none)', wanted.key ?? '(none)');
  requireSame('windows of', stored.bounds, wanted.bounds);
}

/** Throws STATE_INCOMPATIBLE, naming what differs, unless aggregates and their order are the same. */
export function requireSameAggregates(wanted: WindowLayout, stored: WindowLayout): void {
  const named = ({ aggregates }: WindowLayout) => Array.from(aggregates, ([name, kind]) => `${name}: ${kind}`).join(', ');
  requireSame('aggregates', named(stored), named(wanted));
}

function requireSame(what: string, was: string, is: string): void {
  if (was !== is) throw new MillraceError('STATE_INCOMPATIBLE', `the state is of ${what} ${was}, this step has ${is}`);
}

/** Where stored aggregates are now; one of the same name that aggregates something else is another. */
export function placesOf(wanted: WindowLayout, stored: WindowLayout): readonly number[] {
  const names = [...wanted.aggregates.keys()];
  return Array.from(stored.aggregates, ([name, kind]) => (wanted.aggregates.get(name) === kind ? names.indexOf(name) : -1));
}

/** Reads the values of so many windows. */
export function readSlots(slots: Slots, input: StateReader, count: number, stored: StoredAggregates): Int32Array {
  return stored === undefined ? slots.read(input, count) : slots.readApart(input, count, stored);
}
