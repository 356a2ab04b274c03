export { dateOf, parseInstant } from './parse-instant.ts';
export { shorten } from './shorten.ts';
