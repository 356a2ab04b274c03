import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../../columnar/index.ts';
import { MillraceError, parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { FieldColumns, type Line, type LineReader, lineOptions, readOnlyFormat } from '../lines/index.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

const grokOptions = lineOptions.extend({
  /** Patterns of your own by name, written as the built-in ones. */
  patterns: z.record(z.string().regex(/^\w+$/), z.string()).default({}),
});

/** Patterns within patterns; deeper means that they refer to each other in a circle. */
const DEEPEST = 20;

/**
 * Lines by a pattern of named parts, such as `%{IP:client} %{WORD:method} took %{NUMBER:ms}`; the rest of the pattern is a regular expression over the whole
 * line. Each `%{PATTERN:name}` fills the column of that name, read as its type says; a part that did not take part is null. Read only.
 * Built in: see {@link GROK_PATTERNS}. A regular expression can be slow on hostile lines: prefer exact patterns to DATA, and mind `maxBytes`.
 *
 * @throws MillraceError INVALID_OPTION for an unknown pattern, a name twice, a regular expression that does not compile
 * @example
 * grok('%{TIMESTAMP_ISO8601:at} %{LOGLEVEL:level} %{GREEDYDATA:message}')
 */
export function grok(pattern: string, options: z.input<typeof grokOptions> = {}): Format {
  const { maxBytes, patterns } = parseOptions('grok', grokOptions, options);
  const { expression, names } = compile(pattern, { ...GROK_PATTERNS, ...patterns });
  return readOnlyFormat('grok', maxBytes, <T extends TypeMap>(schema: BatchSchema<T>) => {
    const fields = new FieldColumns('grok', names, schema);
    return { columns: fields.columns, reader: new GrokReader(fields, expression, names) };
  });
}

function compile(pattern: string, library: Readonly<Record<string, string>>): { readonly expression: RegExp; readonly names: string[] } {
  const names: string[] = [];
  const expand = (text: string, depth: number): string =>
    text.replaceAll(/%\{(\w+)(?::([\w.-]+))?\}/g, (_, name: string, field: string | undefined) => {
      const part = Object.hasOwn(library, name) ? library[name] : undefined;
      if (part === undefined || depth > DEEPEST)
        throw grokError(part === undefined ? `unknown pattern ${name}` : `pattern ${name} contains itself`);
      const inner = expand(part, depth + 1);
      if (field === undefined) return `(?:${inner})`;
      if (names.includes(field)) throw grokError(`the name '${field}' stands twice`);
      names.push(field);
      // Named groups allow no dots and hyphens: groups go by number.
      return `(?<f${names.length - 1}>${inner})`;
    });
  try {
    return { expression: new RegExp(`^(?:${expand(pattern, 0)})$`, 'su'), names };
  } catch (thrown) {
    if (thrown instanceof MillraceError) throw thrown;
    throw grokError((thrown as Error).message);
  }
}

const grokError = (message: string) =>
  new MillraceError('INVALID_OPTION', `grok: ${message}`, { hint: 'parts are written %{PATTERN} or %{PATTERN:column}' });

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class GrokReader<T extends TypeMap> implements LineReader {
  readonly #fields: FieldColumns<T>;
  readonly #expression: RegExp;
  readonly #names: readonly string[];

  constructor(fields: FieldColumns<T>, expression: RegExp, names: readonly string[]) {
    this.#fields = fields;
    this.#expression = expression;
    this.#names = names;
  }

  read({ bytes, start, end }: Line, row: number): string | undefined {
    const groups = this.#expression.exec(decoder.decode(bytes.subarray(start, end)))?.groups;
    if (groups === undefined) return 'the line does not match the pattern';
    for (let field = 0; field < this.#names.length; field++) {
      if (!this.#fields.wants(field)) continue;
      const text = groups[`f${field}`];
      if (text === undefined) {
        this.#fields.none(field, row);
        continue;
      }
      const value = encoder.encode(text);
      const problem = this.#fields.text(field, row, value, 0, value.length);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
}
