/** What {@link fourDigits} returns when the word is no four digits. */
export const NOT_DIGITS = -1;

/**
 * The number that four ASCII digits make, given as a little-endian 32-bit word: `1234` reads as 0x34333231. Neighboring digits are
 * combined in parallel, which is several times faster than one by one.
 */
export function fourDigits(word: number): number {
  // A digit has 3 in its high half, and still has after adding 6.
  if ((((word & 0xf0f0f0f0) ^ 0x30303030) | (((word + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030)) !== 0) return NOT_DIGITS;
  const digits = word & 0x0f0f0f0f;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return Math.imul(pairs & 0xff, 100) + (pairs >>> 16);
}
