import type { StateReader, StateWriter } from '../../../streams/index.ts';
import { PARAMETER } from './masked-line.ts';

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

/** A template: tokens, with parameters masked. */
export interface Template {
  readonly id: number;
  readonly tokens: string[];
  /** The tokens as one text. */
  text: string;
  /** Lines that matched. */
  count: number;
}

interface Node {
  readonly children: Map<string, Node>;
  readonly templates: Template[];
}

const node = (): Node => ({ children: new Map(), templates: [] });

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

  constructor(settings: TreeSettings) {
    this.#settings = settings;
  }

  /** The template of a line, new or changed to fit; undefined when it matches none and there is no room for another. */
  match(tokens: readonly string[]): Template | undefined {
    const leaf = this.#leafOf(tokens);
    let best: Template | undefined;
    let bestScore = -1;
    for (const template of leaf.templates) {
      const score = similarityOf(template.tokens, tokens);
      if (score > bestScore) [best, bestScore] = [template, score];
    }
    if (best !== undefined && bestScore >= this.#settings.similarity) {
      widen(best, tokens);
      best.count++;
      return best;
    }
    if (this.templates.length >= this.#settings.maxTemplates) return undefined;
    const template = { id: this.templates.length, tokens: [...tokens], text: tokens.join(' '), count: 1 };
    this.templates.push(template);
    leaf.templates.push(template);
    return template;
  }

  #leafOf(tokens: readonly string[]): Node {
    let at = this.#child(this.#root, String(tokens.length), Number.POSITIVE_INFINITY);
    const levels = Math.min(this.#settings.depth, tokens.length);
    for (let level = 0; level < levels; level++) {
      const token = tokens[level] as string;
      at = this.#child(at, token.includes(PARAMETER) ? PARAMETER : token, this.#settings.maxChildren);
    }
    return at;
  }

  #child(parent: Node, token: string, most: number): Node {
    const known = parent.children.get(token);
    if (known !== undefined) return known;
    if (parent.children.size >= most && token !== PARAMETER) return this.#child(parent, PARAMETER, most);
    const child = node();
    parent.children.set(token, child);
    return child;
  }

  write(out: StateWriter): void {
    out.number(this.templates.length);
    const writeNode = ({ children, templates }: Node): void => {
      out.numbers(Int32Array.from(templates, ({ id }) => id)).strings([...children.keys()]);
      for (const child of children.values()) writeNode(child);
    };
    for (const { tokens, count } of this.templates) out.strings(tokens).number(count);
    writeNode(this.#root);
  }

  static read(settings: TreeSettings, input: StateReader): TemplateTree {
    const tree = new TemplateTree(settings);
    const count = input.number();
    for (let id = 0; id < count; id++) {
      const tokens = input.strings();
      tree.templates.push({ id, tokens, text: tokens.join(' '), count: input.number() });
    }
    const readNode = ({ children, templates }: Node): void => {
      for (const id of input.int32s()) templates.push(tree.templates[id] as Template);
      for (const token of input.strings()) children.set(token, node());
      for (const child of children.values()) readNode(child);
    };
    readNode(tree.#root);
    return tree;
  }
}

/** Share of tokens that are equal. Parameters of the template agree with anything, but say nothing: they count neither way. */
function similarityOf(template: readonly string[], tokens: readonly string[]): number {
  let equal = 0;
  let fixed = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (template[i] === PARAMETER) continue;
    fixed++;
    if (template[i] === tokens[i]) equal++;
  }
  return fixed === 0 ? 1 : equal / fixed;
}

function widen(template: Template, tokens: readonly string[]): void {
  let changed = false;
  for (let i = 0; i < tokens.length; i++) {
    if (template.tokens[i] === tokens[i] || template.tokens[i] === PARAMETER) continue;
    template.tokens[i] = PARAMETER;
    changed = true;
  }
  if (changed) template.text = template.tokens.join(' ');
}
