import type { LineScanner } from './line-scanner.ts';
import { type MaskedLine, PARAMETER } from './masked-line.ts';
import type { Template, TemplateTree } from './template-tree.ts';
import type { TextBuilder } from './text-builder.ts';

const encoder = new TextEncoder();
const [OPEN, CLOSE, COMMA, QUOTE, BLANK] = [91, 93, 44, 34, 32];

/** Writes what stands in a line where its template has parameters, as a JSON array: of a whole token, or of the parts of a token that vary. */
export class LineParameters {
  readonly #tree: TemplateTree;
  /** The fixed pieces between a token's parameters, by token. */
  #pieces = new Map<number, readonly Uint8Array[]>();

  constructor(tree: TemplateTree) {
    this.#tree = tree;
  }

  /** Forgets what it knows of tokens, whose numbers have changed. */
  reset(): void {
    this.#pieces = new Map();
  }

  /** Parameters of a line as the scanner has found it in `bytes`. */
  write({ tokens }: Template, { places }: LineScanner, bytes: Uint8Array, out: TextBuilder): void {
    out.byte(OPEN);
    let first = true;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as number;
      if (!this.#tree.holdsParameter(token)) continue;
      const start = places[4 * i] as number;
      const end = places[4 * i + 1] as number;
      if (token !== 0) first = this.#writeParts(token, bytes, start, end, out, first);
      else {
        first = open(out, first);
        out.json(bytes, start, end);
        const unitEnd = places[4 * i + 3] as number;
        if (unitEnd > 0) {
          out.byte(BLANK);
          out.json(bytes, places[4 * i + 2] as number, unitEnd);
        }
        out.byte(QUOTE);
      }
    }
    out.byte(CLOSE);
  }

  /** What stands in a word where its masked form has parameters: the fixed pieces between them are found from left to right. */
  #writeParts(token: number, bytes: Uint8Array, start: number, end: number, out: TextBuilder, isFirst: boolean): boolean {
    const pieces = this.#piecesOf(token);
    let first = isFirst;
    let from = start + (pieces[0] as Uint8Array).length;
    for (let i = 1; i < pieces.length; i++) {
      const piece = pieces[i] as Uint8Array;
      const until = piece.length === 0 ? end : find(piece, bytes, from, end);
      first = open(out, first);
      out.json(bytes, from, until);
      out.byte(QUOTE);
      from = until + piece.length;
    }
    return first;
  }

  #piecesOf(token: number): readonly Uint8Array[] {
    let pieces = this.#pieces.get(token);
    if (pieces === undefined) {
      const piecesOfText = this.#tree.table.stringOf(token).split(PARAMETER);
      pieces = piecesOfText.map((piece) => encoder.encode(piece));
      this.#pieces.set(token, pieces);
    }
    return pieces;
  }
}

function open(out: TextBuilder, first: boolean): false {
  if (!first) out.byte(COMMA);
  out.byte(QUOTE);
  return false;
}

/** Where a piece begins, or the end where it is not found. */
function find(piece: Uint8Array, bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + piece.length <= end; at++) {
    let i = 0;
    while (i < piece.length && bytes[at + i] === piece[i]) i++;
    if (i === piece.length) return at;
  }
  return end;
}

/** The parameters of a line that was masked as strings. */
export function parametersOf(tokens: readonly string[], line: MaskedLine): string {
  const found: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string;
    if (token === PARAMETER) found.push(line.raw[i] as string);
    else if (token.includes(PARAMETER)) found.push(...partsOf(token, line.raw[i] as string));
  }
  return JSON.stringify(found);
}

function partsOf(masked: string, raw: string): string[] {
  const pieces = masked.split(PARAMETER);
  const parts: string[] = [];
  let from = (pieces[0] as string).length;
  for (const piece of pieces.slice(1)) {
    const found = piece === '' ? raw.length : raw.indexOf(piece, from);
    const until = found < 0 ? raw.length : found;
    parts.push(raw.slice(from, until));
    from = until + piece.length;
  }
  return parts;
}
