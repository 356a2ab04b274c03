// Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF. 16 bytes after the end are read.

export function isUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const others = i8x16.bitmask(v128.load(at));
    if (others == 0) {
      at += 16;
      continue;
    }
    at += ctz(others);
    if (at >= end) return true;
    const size = sequenceLength(at);
    if (size == 0 || at + size > end) return false;
    at += size;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function continues(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

/** Bytes of the character at `at`, which is not ASCII; 0 when it is none. */
function sequenceLength(at: usize): usize {
  const first = load<u8>(at);
  const second = load<u8>(at + 1);
  if (first < 0xc2 || first > 0xf4 || !continues(at + 1)) return 0;
  if (first < 0xe0) return 2;
  if (!continues(at + 2)) return 0;
  if (first < 0xf0) return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : 3;
  if (!continues(at + 3)) return 0;
  return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : 4;
}
