export { fourDigits, NOT_DIGITS } from './four-digits.ts';
export { monthAt, parseHttpDate, timeOfDayAt, twoDigits } from './parse-http-date.ts';
export { dateOf, parseInstant } from './parse-instant.ts';
export { parseNumber } from './parse-number.ts';
export { shorten } from './shorten.ts';
