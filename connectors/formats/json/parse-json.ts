/** A JSON value with what JSON.parse forgets: the digits of numbers, and keys that occur twice. */
export type JsonNode =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonNode])[] };

/** Broken JSON: what was expected and at which character. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

const DEEPEST = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids exactly these in strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Parses one JSON text strictly (RFC 8259). Slower than the scanner and JSON.parse, for records that need a verdict with a reason; the messages
 * do not depend on the engine, since they are committed with the rejects.
 *
 * @throws JsonSyntaxError with the position (in characters) of the first character that cannot be.
 */
export function parseJson(text: string): JsonNode {
  const parser = new JsonParser(text);
  const node = parser.value(0);
  parser.end();
  return node;
}

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#space();
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  value(depth: number): JsonNode {
    if (depth > DEEPEST) throw new JsonSyntaxError(`nested deeper than ${DEEPEST} levels at character ${this.#at}`);
    const first = this.#text[this.#at];
    const node =
      first === '{' ? this.#object(depth) : first === '[' ? this.#array(depth) : first === '"' ? this.#stringNode() : this.#scalar();
    this.#space();
    return node;
  }

  #object(depth: number): JsonNode {
    const members: [string, JsonNode][] = [];
    this.#step();
    if (this.#take('}')) return { kind: 'object', members };
    do {
      if (this.#text[this.#at] !== '"') throw this.#unexpected('a key in quotes');
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw this.#unexpected("':'");
      this.#space();
      members.push([key, this.value(depth + 1)]);
    } while (this.#takeComma());
    if (!this.#take('}')) throw this.#unexpected("',' or '}'");
    return { kind: 'object', members };
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.#step();
    if (this.#take(']')) return { kind: 'array', items };
    do items.push(this.value(depth + 1));
    while (this.#takeComma());
    if (!this.#take(']')) throw this.#unexpected("',' or ']'");
    return { kind: 'array', items };
  }

  #stringNode(): JsonNode {
    return { kind: 'string', text: this.#string() };
  }

  #string(): string {
    const literal = this.#match(STRING);
    if (literal === undefined) throw this.#brokenString();
    // Escapes are undone by the engine; without one the text stands for itself.
    return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  }

  #scalar(): JsonNode {
    const number = this.#match(NUMBER);
    if (number !== undefined) return { kind: 'number', text: number };
    for (const [word, node] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return node;
    }
    throw this.#unexpected('a value');
  }

  #step(): void {
    this.#at++;
    this.#space();
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #takeComma(): boolean {
    if (this.#text[this.#at] !== ',') return false;
    this.#step();
    return true;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #brokenString(): JsonSyntaxError {
    // Step over the part that is fine, for the position.
    const start = this.#at++;
    for (;;) {
      const rest = this.#text.slice(this.#at, this.#at + 6);
      if (/^[^"\\\p{Cc}]/u.test(rest)) this.#at++;
      else if (/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(rest)) this.#at += rest[1] === 'u' ? 6 : 2;
      else if (/^[\u007f-\u009f]/.test(rest)) this.#at++;
      else break;
    }
    if (this.#at >= this.#text.length) return new JsonSyntaxError(`the string that begins at character ${start} does not end`);
    return this.#unexpected('a string character or escape');
  }

  #unexpected(expected: string): JsonSyntaxError {
    const found =
      this.#at < this.#text.length ? JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at) as number)) : 'the end';
    return new JsonSyntaxError(`expected ${expected} at character ${this.#at}, found ${found}`);
  }
}

const WORDS: readonly (readonly [string, JsonNode])[] = [
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
  ['null', { kind: 'null' }],
];

/** A value as JSON again: numbers digit by digit as they were, keys that stood twice still twice. */
export function jsonText(node: JsonNode): string {
  if (node.kind === 'number') return node.text;
  if (node.kind === 'string') return JSON.stringify(node.text);
  if (node.kind === 'boolean') return String(node.value);
  if (node.kind === 'null') return 'null';
  if (node.kind === 'array') return `[${node.items.map(jsonText).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`).join(',')}}`;
}
