import { MillraceError } from '../../../streams/index.ts';
import { type KeyPiece, keyPiece } from './key-piece.ts';

/** Where the columns of a schema lie in a JSON object; nested objects have layouts of their own. */
export interface ObjectLayout {
  readonly names: readonly string[];
  /** Per name: its UTF-8 bytes in quotes, as they stand in JSON without escapes. */
  readonly keys: readonly Uint8Array[];
  /** Per name: comma, key and colon as most writers put them, `,"key":` */
  readonly compact: readonly KeyPiece[];
  /** The same as some others do, `, "key": ` */
  readonly spaced: readonly KeyPiece[];
  /** Per name: the column, or -1 for a nested object. */
  readonly columns: Int32Array;
  readonly children: readonly (ObjectLayout | undefined)[];
  /** The first key as it follows the brace, `"key":` */
  readonly first: KeyPiece;
  /** Name that will probably come next. */
  expected: number;
  /** Scan number at which the object was last met: the same object twice in a record is a duplicate key. */
  met: number;
}

interface PathNode {
  readonly column: number;
  readonly children: Map<string, PathNode>;
}

const encoder = new TextEncoder();

/**
 * The layout for all columns but `capture` at dotted paths (`sensor.temperature`); without a path a column is a key of the same name at the top.
 *
 * @throws MillraceError INVALID_OPTION when a path is empty or runs through another column.
 */
export function objectLayout(columns: readonly string[], paths: Readonly<Record<string, string>>, capture?: string): ObjectLayout {
  if (capture !== undefined && !columns.includes(capture)) throw pathError(`capture names '${capture}', which is no column`);
  const root: PathNode = { column: -1, children: new Map() };
  const unknown = Object.keys(paths).find((name) => !columns.includes(name));
  if (unknown !== undefined) throw pathError(`paths names '${unknown}', which is no column`);
  columns.forEach((name, column) => {
    if (name === capture) return;
    const path = paths[name]?.split('.') ?? [name];
    const last = path.pop() as string;
    const parent = path.reduce((node, key) => childOf(node, key, name), root);
    if (last === '' || parent.children.has(last)) throw pathError(`two columns claim the path of '${name}'`);
    parent.children.set(last, { column, children: new Map() });
  });
  return layoutOf(root);
}

function childOf(node: PathNode, key: string, column: string): PathNode {
  const child = node.children.get(key) ?? { column: -1, children: new Map() };
  if (key === '' || child.column >= 0) throw pathError(`the path of '${column}' has an empty part or runs through another column`);
  node.children.set(key, child);
  return child;
}

function layoutOf(node: PathNode): ObjectLayout {
  const entries = [...node.children];
  return {
    names: entries.map(([name]) => name),
    keys: entries.map(([name]) => encoder.encode(JSON.stringify(name))),
    compact: entries.map(([name]) => keyPiece(`,${JSON.stringify(name)}:`)),
    spaced: entries.map(([name]) => keyPiece(`, ${JSON.stringify(name)}: `)),
    columns: Int32Array.from(entries, ([, child]) => child.column),
    children: entries.map(([, child]) => (child.column < 0 ? layoutOf(child) : undefined)),
    first: keyPiece(`${JSON.stringify(entries[0]?.[0] ?? '')}:`.padEnd(4)),
    expected: 0,
    met: -1,
  };
}

const pathError = (message: string) =>
  new MillraceError('INVALID_OPTION', `json: ${message}`, { hint: "give each column a path of its own, such as 'sensor.temperature'" });
