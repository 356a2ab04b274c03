import type { StateReader, StateWriter } from '../../../streams/index.ts';
import { FIRST_TOKENS } from './line-scanner.ts';
import { PARAMETER } from './masked-line.ts';
import { TokenTable } from './token-table.ts';

/** Settings of the tree. */
export interface TreeSettings {
  /** How many leading tokens choose a leaf. */
  readonly depth: number;
  /** Share of tokens that must agree for a line to join a template. */
  readonly similarity: number;
  /** Children of a node beyond which tokens share one. */
  readonly maxChildren: number;
  readonly maxTemplates: number;
}

/** A template: tokens by their numbers in the tree's table, with parameters masked. */
export interface Template {
  readonly id: number;
  tokens: Int32Array;
  /** The tokens as one text in UTF-8. */
  text: Uint8Array;
  /** Lines that matched. */
  count: number;
}

/** Children by token; those of the root by the number of tokens. In the order in which they came. */
interface Node {
  children: Map<number, Node>;
  readonly templates: Template[];
}

const node = (): Node => ({ children: new Map(), templates: [] });

/** The parameter's number. */
const MASKED = FIRST_TOKENS.indexOf(PARAMETER);
/** Tokens that no template needs are let go when there are so many of them. */
const MANY_TOKENS = 65_536;

/**
 * Groups log lines by Drain: lines of one length descend a tree by their first tokens (tokens with parameters share a branch), and join the most similar template of the leaf, or found a new one. Where a
 * template and a line differ the template gets a parameter.
 *
 * Source: P. He, J. Zhu, Z. Zheng, M. R. Lyu, "Drain: an online log parsing approach with fixed depth tree", ICWS 2017.
 */
export class TemplateTree {
  readonly #settings: TreeSettings;
  readonly #root = node();
  readonly templates: Template[] = [];
  #table = newTable();
  #most = MANY_TOKENS;
  /** Per token: 1 where it holds a parameter, 2 where not, 0 where nobody has looked yet. */
  #masks = new Uint8Array(1024);

  constructor(settings: TreeSettings) {
    this.#settings = settings;
  }

  /** The numbers of tokens. They are valid until {@link tidy}. */
  get table(): TokenTable {
    return this.#table;
  }

  /** The template of the first `count` tokens, new or changed to fit; undefined when the line matches none and there is no room for another. */
  match(tokens: Int32Array, count: number): Template | undefined {
    const leaf = this.#leafOf(tokens, count);
    let best: Template | undefined;
    let bestScore = -1;
    for (const template of leaf.templates) {
      const score = similarityOf(template.tokens, tokens);
      if (score > bestScore) {
        best = template;
        bestScore = score;
      }
    }
    if (best !== undefined && bestScore >= this.#settings.similarity) {
      if (widen(best.tokens, tokens)) best.text = this.#table.joined(best.tokens);
      best.count++;
      return best;
    }
    if (this.templates.length >= this.#settings.maxTemplates) return undefined;
    const own = tokens.slice(0, count);
    const template = { id: this.templates.length, tokens: own, text: this.#table.joined(own), count: 1 };
    this.templates.push(template);
    leaf.templates.push(template);
    return template;
  }

  /** As {@link match}, for tokens as strings. */
  matchStrings(tokens: readonly string[]): Template | undefined {
    const numbers = Int32Array.from(tokens, (token) => this.#table.internString(token));
    return this.match(numbers, numbers.length);
  }

  #leafOf(tokens: Int32Array, count: number): Node {
    let at = this.#child(this.#root, count, Number.POSITIVE_INFINITY);
    const levels = Math.min(this.#settings.depth, count);
    for (let level = 0; level < levels; level++) {
      const token = tokens[level] as number;
      at = this.#child(at, this.holdsParameter(token) ? MASKED : token, this.#settings.maxChildren);
    }
    return at;
  }

  #child(parent: Node, token: number, most: number): Node {
    const known = parent.children.get(token);
    if (known !== undefined) return known;
    if (parent.children.size >= most && token !== MASKED) return this.#child(parent, MASKED, most);
    const child = node();
    parent.children.set(token, child);
    return child;
  }

  /** Whether a token is, or has within it, a parameter. */
  holdsParameter(token: number): boolean {
    if (token >= this.#masks.length) {
      const larger = new Uint8Array(Math.max(this.#masks.length * 2, token + 1));
      larger.set(this.#masks);
      this.#masks = larger;
    }
    if (this.#masks[token] === 0) this.#masks[token] = this.#table.stringOf(token).includes(PARAMETER) ? 1 : 2;
    return this.#masks[token] === 1;
  }

  /** Lets go of tokens that are no longer needed, when there are many; true when the numbers of tokens have changed. To be called between lines. */
  tidy(): boolean {
    if (this.#table.size <= this.#most) return false;
    const old = this.#table;
    const table = newTable();
    const moved = (token: number) => table.internString(old.stringOf(token));
    for (const template of this.templates) template.tokens = template.tokens.map(moved);
    const renumber = (parent: Node): void => {
      for (const child of parent.children.values()) {
        child.children = new Map([...child.children].map(([token, grandchild]) => [moved(token), grandchild]));
        renumber(child);
      }
    };
    renumber(this.#root);
    this.#table = table;
    this.#masks = new Uint8Array(1024);
    this.#most = Math.max(MANY_TOKENS, 2 * table.size);
    return true;
  }

  write(out: StateWriter): void {
    const named = (token: number) => this.#table.stringOf(token);
    out.number(this.templates.length);
    const writeNode = ({ children, templates }: Node, name: (key: number) => string): void => {
      out.numbers(Int32Array.from(templates, ({ id }) => id)).strings([...children.keys()].map(name));
      for (const child of children.values()) writeNode(child, named);
    };
    for (const { tokens, count } of this.templates) out.strings(Array.from(tokens, named)).number(count);
    writeNode(this.#root, String);
  }

  static read(settings: TreeSettings, input: StateReader): TemplateTree {
    const tree = new TemplateTree(settings);
    const numbered = (token: string) => tree.#table.internString(token);
    const count = input.number();
    for (let id = 0; id < count; id++) {
      const tokens = Int32Array.from(input.strings(), numbered);
      tree.templates.push({ id, tokens, text: tree.#table.joined(tokens), count: input.number() });
    }
    const readNode = ({ children, templates }: Node, number: (key: string) => number): void => {
      for (const id of input.int32s()) templates.push(tree.templates[id] as Template);
      for (const key of input.strings()) children.set(number(key), node());
      for (const child of children.values()) readNode(child, numbered);
    };
    readNode(tree.#root, Number);
    return tree;
  }
}

function newTable(): TokenTable {
  const table = new TokenTable();
  for (const token of FIRST_TOKENS) table.internString(token);
  return table;
}

/** Share of tokens that are equal. Parameters of the template agree with anything, but say nothing: they count neither way. */
function similarityOf(template: Int32Array, tokens: Int32Array): number {
  let equal = 0;
  let fixed = 0;
  for (let i = 0; i < template.length; i++) {
    const own = template[i] as number;
    if (own === MASKED) continue;
    fixed++;
    if (own === tokens[i]) equal++;
  }
  return fixed === 0 ? 1 : equal / fixed;
}

/** Masks tokens of the template where the line differs; true when there are any. */
function widen(template: Int32Array, tokens: Int32Array): boolean {
  let changed = false;
  for (let i = 0; i < template.length; i++) {
    const own = template[i] as number;
    if (own === MASKED || own === tokens[i]) continue;
    template[i] = MASKED;
    changed = true;
  }
  return changed;
}
