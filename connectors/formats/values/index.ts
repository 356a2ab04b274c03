export { fourDigits, NOT_DIGITS } from './four-digits.ts';
export { dateOf, parseInstant } from './parse-instant.ts';
export { shorten } from './shorten.ts';
