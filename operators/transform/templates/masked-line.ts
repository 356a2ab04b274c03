/** What stands for a parameter. */
export const PARAMETER = '<*>';

/** A log line cut into tokens, those that look like parameters masked; `raw` holds what was there. */
export interface MaskedLine {
  readonly tokens: readonly string[];
  readonly raw: readonly string[];
}

/** Words that belong to the number before them. */
export const UNITS: ReadonlySet<string> = new Set([
  'b',
  'kb',
  'mb',
  'gb',
  'tb',
  'ms',
  'sec',
  'secs',
  'second',
  'seconds',
  'minute',
  'minutes',
  'hour',
  'hours',
]);
/** Characters between which parts of a token are masked on their own. */
export const SEPARATORS = '=:,;()[]{}<>"\'|@#';
/** 1 at the codes of {@link SEPARATORS}. */
const SEPARATES = new Uint8Array(128);
for (const character of SEPARATORS) SEPARATES[character.charCodeAt(0)] = 1;
/** What a masked number may look like before its unit. */
export const QUANTITIES: ReadonlySet<string> = new Set([PARAMETER, `(${PARAMETER}`, `<${PARAMETER}`, `~${PARAMETER}`]);
/** Tokens remembered; most tokens of a log come again. */
const MANY_TOKENS = 65_536;

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * Cuts lines at white space and masks, within each token, every part that holds a digit: `uid=0` becomes `uid=<*>`, `10.10.34.11:45307` becomes `<*>:<*>`. A quantity takes its
 * unit along, and one in parentheses (`(1.02 KB)`) is left out, since such remarks come and go. Patterns of your own are applied before.
 */
export class LineMasker {
  readonly #patterns: readonly RegExp[];
  readonly #known = new Map<string, string>();

  constructor(patterns: readonly RegExp[] = []) {
    this.#patterns = patterns.map((pattern) => (pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`)));
  }

  mask(line: string): MaskedLine {
    const text = this.#patterns.reduce((masked, pattern) => masked.replaceAll(pattern, PARAMETER), line);
    const words = text.split(/\s+/);
    const tokens: string[] = [];
    const raw: string[] = [];
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string;
      if (word === '') continue;
      const masked = this.#maskWord(word);
      const unit = words[i + 1];
      if (unit !== undefined && masked !== word && QUANTITIES.has(masked) && isUnit(unit)) {
        i++;
        if (word.startsWith('(') && unit.endsWith(')')) continue;
        tokens.push(PARAMETER);
        raw.push(`${word} ${unit}`);
        continue;
      }
      tokens.push(masked);
      raw.push(word);
    }
    return { tokens, raw };
  }

  #maskWord(word: string): string {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const masked = maskWord(word);
    if (this.#known.size >= MANY_TOKENS) this.#known.clear();
    this.#known.set(word, masked);
    return masked;
  }
}

/** Whether a word, but for punctuation behind it, is a unit. */
const isUnit = (word: string): boolean => UNITS.has(word.replace(/[).,;]+$/, '').toLowerCase());

function maskWord(word: string): string {
  if (!/\d/.test(word)) return word;
  let masked = '';
  let part = 0;
  let hasDigit = false;
  for (let i = 0; i <= word.length; i++) {
    const code = i < word.length ? word.charCodeAt(i) : -1;
    if (code >= 0 && SEPARATES[code] !== 1) {
      hasDigit ||= code >= DIGIT_0 && code <= DIGIT_9;
      continue;
    }
    masked += hasDigit ? maskPart(word.slice(part, i)) : word.slice(part, i);
    if (code >= 0) masked += word[i];
    part = i + 1;
    hasDigit = false;
  }
  return masked;
}

/** Punctuation that stays behind a masked part. */
export const CLOSING = '.!?';

/** A part with digits: a leading slash and closing punctuation stay. */
function maskPart(part: string): string {
  const lead = part.startsWith('/') && part.indexOf('/', 1) < 0 ? '/' : '';
  let end = part.length;
  while (end > 0 && CLOSING.includes(part[end - 1] as string)) end--;
  return end === part.length && lead === '' ? PARAMETER : `${lead}${PARAMETER}${part.slice(end)}`;
}
