/**
 * Writes docs/operators from the comments and option schemas of the operators: `node scripts/make-operator-docs.ts`. test/operators/docs.test.ts fails when the pages are out of date, and runs every example.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import * as operators from '../operators/index.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = { clean: 'Clean', transform: 'Transform', time: 'Time', integrate: 'Integrate', analyze: 'Analyze' } as const;

/** What the comment of one exported function says. */
export interface Documented {
  readonly name: string;
  readonly folder: keyof typeof FOLDERS;
  readonly summary: string;
  readonly body: readonly string[];
  readonly tags: readonly { readonly tag: string; readonly text: string }[];
  readonly example: string | undefined;
}

/** The operators: each is the function that its file is named after. */
export function documentedOperators(): Documented[] {
  return (Object.keys(FOLDERS) as (keyof typeof FOLDERS)[]).flatMap((folder) =>
    readdirSync(join(ROOT, 'operators', folder))
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .flatMap((file) =>
        documentedIn(join(ROOT, 'operators', folder, file), folder).filter(
          ({ name }) => kebab(name) === file.slice(0, -3) && name in operators,
        ),
      ),
  );
}

/** The aggregates, with one line each. */
export function documentedAggregates(): Documented[] {
  return ['numbers', 'quantile', 'values', 'shares']
    .flatMap((file) => documentedIn(join(ROOT, 'operators', 'time', 'aggregates', `${file}.ts`), 'time'))
    .filter(({ name }) => name in operators);
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function documentedIn(path: string, folder: keyof typeof FOLDERS): Documented[] {
  const found = [...readFileSync(path, 'utf8').matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport function (\w+)/g)];
  return found.map(([, comment = '', name = '']) => ({ name, folder, ...parsed(comment) }));
}

function parsed(comment: string): Pick<Documented, 'summary' | 'body' | 'tags' | 'example'> {
  const lines = comment
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''));
  const [text = '', ...tagged] = lines.join('\n').split(/^@/m);
  const paragraphs = text.trim().split(/\n\s*\n/);
  const tags = tagged.map((tag) => ({ tag: /^\w+/.exec(tag)?.[0] ?? '', text: tag.replace(/^\w+\s*/, '').trim() }));
  return {
    summary: inline(paragraphs[0] ?? ''),
    body: paragraphs.slice(1).map(inline),
    tags: tags.filter(({ tag }) => tag !== 'example').map(({ tag, text: value }) => ({ tag, text: inline(value) })),
    example: tags.find(({ tag }) => tag === 'example')?.text,
  };
}

const inline = (text: string): string => text.replace(/\n/g, ' ').replace(/\{@link (\w+)\}/g, '`$1`');

interface Property {
  readonly type?: string | string[];
  readonly enum?: readonly unknown[];
  readonly items?: Property;
  readonly default?: unknown;
  readonly description?: string;
}

/** A table of the options of an operator, from its schema. */
function optionsTable(name: string): string[] {
  const schema = (operators as unknown as Record<string, z.ZodType | undefined>)[`${name}Options`];
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(([option, property]) => {
    const fallback =
      property.default === undefined ? (required.includes(option) ? 'required' : '') : `\`${JSON.stringify(property.default)}\``;
    return `| \`${option}\` | ${typeOf(property)} | ${fallback} | ${property.description ?? ''} |`;
  });
  return ['## Options', '', '| option | type | default | meaning |', '|---|---|---|---|', ...rows, ''];
}

function typeOf({ type, enum: values, items }: Property): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  return typeof type === 'string' ? type : 'see below';
}

function page(operator: Documented): string {
  const throws = operator.tags.filter(({ tag }) => tag === 'throws').map(({ text }) => `Errors: ${text}.`);
  const parameters = operator.tags.filter(({ tag }) => tag === 'param').map(({ text }) => `- ${text.replace(/^(\w+)\s+/, '`$1`: ')}`);
  const lines = [
    `# ${operator.name}`,
    '',
    operator.summary,
    '',
    ...(operator.example === undefined ? [] : ['```ts', operator.example, '```', '']),
    ...operator.body.flatMap((paragraph) => [paragraph, '']),
    ...(parameters.length === 0 ? [] : [...parameters, '']),
    ...throws.flatMap((line) => [line, '']),
    ...optionsTable(operator.name),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function aggregatesPage(): string {
  const entries = documentedAggregates().flatMap(({ name, summary, body, example }) => [
    `## ${name}`,
    '',
    summary,
    '',
    ...body.flatMap((paragraph) => [paragraph, '']),
    ...(example === undefined ? [] : ['```ts', example, '```', '']),
  ]);
  return `${['# Aggregates', '', 'What `tumblingWindow`, `hoppingWindow`, `sessionWindow` and `countWindow` compute. All of them merge, so a window of panes or joined sessions needs no second pass.', '', ...entries].join('\n').trimEnd()}\n`;
}

const KINDS = ['number', 'boolean', 'string', 'instant'] as const;

/** What expressions of each kind can do: the public methods of their classes. */
function expressionsPage(): string {
  const sections = KINDS.flatMap((kind) => {
    const text = readFileSync(join(ROOT, 'operators', 'transform', 'expressions', `${kind}-expression.ts`), 'utf8');
    const comment = parsed(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport class/.exec(text)?.[1] ?? '').summary;
    const methods = [
      ...text.matchAll(
        /(?:\n {2}\/\*\* ([^\n]*) \*\/)?\n {2}([a-z]\w*)\(([^)]*(?:\([^)]*\)[^)]*)*)\): (Number|Boolean|String|Instant)Expression/g,
      ),
    ];
    const rows = methods.map(
      ([, says = '', name, parameters, made]) =>
        `| \`${name}(${parameters?.replaceAll('|', '\\|')})\` | ${made?.toLowerCase()} | ${inline(says)} |`,
    );
    return [`## ${kind}`, '', comment, '', '| method | gives | |', '|---|---|---|', ...rows, ''];
  });
  const head =
    'What the columns that [withColumn](with-column.md) and [filterRows](filter-rows.md) hand over can do. `when(condition, yes, no)` chooses between two expressions.';
  return `${['# Expressions', '', head, '', ...sections].join('\n').trimEnd()}\n`;
}

/** What all operators with the option `stateTtl` have in common. */
function keysPage(all: readonly Documented[]): string {
  const forgetting = all.filter(({ name }) => optionsTable(name).some((line) => line.startsWith('| `stateTtl`')));
  const names = forgetting.map(({ name }) => `[${name}](${kebab(name)}.md)`).join(', ');
  return `# State per key

Operators with a \`key\` remember something for every key: 8 bytes for a numeric key, the string for another one, a few more for finding it, and what their page says. Without more, keys are kept
forever: a million keys of [standardize](standardize.md), say, are 32 MB of state, and twice that in memory while arrays grow. A test runs a million keys through each kind of state.

Where keys come and go (sessions, containers, users), \`stateTtl\` bounds that:

\`\`\`ts
standardize({ columns: ['latency'], key: 'container', stateTtl: '6h' });
\`\`\`

A key is forgotten when the watermark has risen by more than \`stateTtl\` since the key's last row; the next row of it is its first. Which row that is depends on the rows and their watermarks alone, never
on how the stream was cut into batches or when a snapshot was taken. Memory holds the keys of the last \`stateTtl\` of event time, and until it is tidied up as many forgotten ones; a snapshot holds
none of these. Each key costs 16 bytes more.

- A late row keeps its key alive as any other does: what counts is the watermark at the row, not the row's event time.
- Event time that jumps ahead by years takes the watermark with it, and all keys are forgotten. \`watermarks\` and \`validate\` are the places to keep such rows out.
- Rows without a key share one state, which is never forgotten; nor is anything on a stream without event time.
- The option may be added, changed or left out between two runs: a state without times counts from the first row on.

Operators with it: ${names}. [dedupe](dedupe.md) has a \`ttl\` of its own.
`;
}

function indexPage(all: readonly Documented[]): string {
  const sections = (Object.keys(FOLDERS) as (keyof typeof FOLDERS)[]).flatMap((folder) => [
    `## ${FOLDERS[folder]}`,
    '',
    '| operator | what it does |',
    '|---|---|',
    ...all.filter((operator) => operator.folder === folder).map(({ name, summary }) => `| [${name}](${kebab(name)}.md) | ${summary} |`),
    '',
  ]);
  return `${['# Operators', '', 'Generated from the sources by `scripts/make-operator-docs.ts`; every example is run by a test. See also the [aggregates](aggregates.md) of windows, the [expressions](expressions.md) of columns, and what is kept [per key](keys.md).', '', ...sections].join('\n').trimEnd()}\n`;
}

/** All pages by file name. */
export function operatorPages(): Map<string, string> {
  const all = documentedOperators();
  return new Map([
    ['README.md', indexPage(all)],
    ['aggregates.md', aggregatesPage()],
    ['expressions.md', expressionsPage()],
    ['keys.md', keysPage(all)],
    ...all.map((operator): [string, string] => [`${kebab(operator.name)}.md`, page(operator)]),
  ]);
}

/** Where the pages lie. */
export const PAGES = join(ROOT, 'docs', 'operators');

if (import.meta.main) {
  rmSync(PAGES, { recursive: true, force: true });
  mkdirSync(PAGES, { recursive: true });
  for (const [file, text] of operatorPages()) writeFileSync(join(PAGES, file), text);
}
