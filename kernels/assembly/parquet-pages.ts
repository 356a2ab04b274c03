// Decodes pages of Parquet files: Snappy, runs of codes and of bits, values by code, values among nulls. Every region is followed by at least 64 bytes
// that may be read and overwritten.
export { unpackSnappy } from './parquet-snappy';
export { readRuns } from './parquet-runs';
export { readBits, spreadBits, spreadPairs, spreadWords } from './parquet-nulls';

/** out[i] = entries[codes[i]], of eight bytes each. The codes are those of entries: the caller has looked. */
export function gatherPairs(codes: usize, count: u32, entries: usize, out: usize): void {
  const end = codes + (<usize>count << 2);
  for (; codes + 16 <= end; codes += 16, out += 32) {
    store<u64>(out, load<u64>(entries + (<usize>load<u32>(codes) << 3)));
    store<u64>(out, load<u64>(entries + (<usize>load<u32>(codes, 4) << 3)), 8);
    store<u64>(out, load<u64>(entries + (<usize>load<u32>(codes, 8) << 3)), 16);
    store<u64>(out, load<u64>(entries + (<usize>load<u32>(codes, 12) << 3)), 24);
  }
  for (; codes < end; codes += 4, out += 8) store<u64>(out, load<u64>(entries + (<usize>load<u32>(codes) << 3)));
}

/** The same, of four bytes each. */
export function gatherWords(codes: usize, count: u32, entries: usize, out: usize): void {
  const end = codes + (<usize>count << 2);
  for (; codes + 16 <= end; codes += 16, out += 16) {
    store<u32>(out, load<u32>(entries + (<usize>load<u32>(codes) << 2)));
    store<u32>(out, load<u32>(entries + (<usize>load<u32>(codes, 4) << 2)), 4);
    store<u32>(out, load<u32>(entries + (<usize>load<u32>(codes, 8) << 2)), 8);
    store<u32>(out, load<u32>(entries + (<usize>load<u32>(codes, 12) << 2)), 12);
  }
  for (; codes < end; codes += 4, out += 4) store<u32>(out, load<u32>(entries + (<usize>load<u32>(codes) << 2)));
}
