import { type AdoptedState, MillraceError, type StateReader, type StateWriter } from '../../streams/index.ts';
import { LivingKeys } from './living-keys.ts';
import { PerKey } from './per-key.ts';

/** What an operator remembers per key and column. */
export interface ColumnLayout {
  readonly key: string | undefined;
  readonly columns: readonly string[];
  /** When keys are forgotten, in ms of event time; absent: never. */
  readonly stateTtl?: number | undefined;
  /** Numbers per key and column. */
  readonly width: number;
  /** What they are at first; default 0. */
  readonly initial?: number;
  /** Numbers per key, before those of its columns; default 0. */
  readonly shared?: number;
  /** What a column knows of keys that were there before it; default `initial`. */
  readonly unknown?: number;
}

/** Numbers per key and column. Their bytes tell key, columns and width, so that a step with other columns neither takes one column's numbers for another's nor has to lose all of them. */
export class ColumnMemory {
  readonly groups: LivingKeys;
  readonly values: PerKey;
  readonly #layout: ColumnLayout;

  constructor(
    layout: ColumnLayout,
    groups = new LivingKeys(layout.key, layout.stateTtl),
    values = new PerKey(strideOf(layout), layout.initial),
  ) {
    this.#layout = layout;
    this.groups = groups;
    this.values = values;
    groups.manage(values);
  }

  write(out: StateWriter): void {
    writeLayout(this.#layout, out);
    this.groups.write(out);
    this.values.write(out);
  }

  /** Numbers of a layout; those of version 1 did not tell theirs. */
  static read(layout: ColumnLayout, input: StateReader): ColumnMemory {
    return new ColumnMemory(
      layout,
      LivingKeys.read(layout.key, layout.stateTtl, input),
      PerKey.read(strideOf(layout), layout.initial ?? 0, input),
    );
  }
}

const strideOf = ({ columns, width, shared = 0 }: ColumnLayout) => shared + columns.length * width;

/** The parts of a stateful operator whose state is a {@link ColumnMemory}. */
export function columnMemoryState(layout: ColumnLayout) {
  return {
    version: 2,
    create: () => new ColumnMemory(layout),
    snapshot: (memory: ColumnMemory, out: StateWriter) => memory.write(out),
    restore: (input: StateReader) => {
      requireSame(layout, readLayout(input));
      return ColumnMemory.read(layout, input);
    },
    migrate: (input: StateReader) => ColumnMemory.read(layout, input),
    adopt: (input: StateReader, version: number) => adopt(layout, input, version),
  };
}

/** Writes what the numbers that follow are of. */
export function writeLayout({ key = '', columns, width, shared = 0 }: ColumnLayout, out: StateWriter): void {
  out.string(key).strings(columns).number(width).number(shared);
}

export function readLayout(input: StateReader): ColumnLayout {
  const key = input.string();
  return { key: key === '' ? undefined : key, columns: input.strings(), width: input.number(), shared: input.number() };
}

/** Throws STATE_INCOMPATIBLE, naming what differs. */
export function requireSame(wanted: ColumnLayout, stored: ColumnLayout): void {
  const differing = (what: string, was: unknown, is: unknown) =>
    new MillraceError('STATE_INCOMPATIBLE', `the state is of ${what} ${was}, this step has ${is}`);
  const named = ({ columns }: ColumnLayout) => columns.join(', ');
  if (stored.key !== wanted.key) throw differing('key', stored.key ?? '(none)', wanted.key ?? '(none)');
  if (named(stored) !== named(wanted)) throw differing('columns', named(stored), named(wanted));
  if (strideOf(stored) !== strideOf(wanted)) throw differing('numbers per column', stored.width, wanted.width);
}

/** Keys and the numbers of the columns that are still there. */
function adopt(layout: ColumnLayout, input: StateReader, version: number): AdoptedState<ColumnMemory> {
  if (version !== 2) throw columnsUnknown(version);
  const stored = readLayout(input);
  const { kept, fresh } = fittingColumns(layout, stored);
  if (kept.length === 0) return { state: new ColumnMemory(layout), kept, fresh };
  const groups = LivingKeys.read(layout.key, layout.stateTtl, input);
  const before = input.float64s();
  return {
    state: new ColumnMemory(layout, groups, new PerKey(strideOf(layout), layout.initial, moved(layout, stored, before))),
    kept,
    fresh,
  };
}

export const columnsUnknown = (version: number) =>
  new MillraceError('STATE_INCOMPATIBLE', `state of version ${version} does not tell its columns`, {
    hint: 'run the pipeline as it was once with this version of Millrace, and take the savepoint then',
  });

/** The columns whose numbers can be taken over, and the others. */
export function fittingColumns(wanted: ColumnLayout, stored: ColumnLayout): { kept: readonly string[]; fresh: readonly string[] } {
  const { key, columns, width, shared = 0 } = wanted;
  const fits = stored.key === key && stored.width === width && (stored.shared ?? 0) === shared;
  const kept = fits ? columns.filter((column) => stored.columns.includes(column)) : [];
  return { kept, fresh: columns.filter((column) => !kept.includes(column)) };
}

/** The numbers of every key, in the places that they have in a new layout. */
function moved(layout: ColumnLayout, stored: ColumnLayout, before: Float64Array): Float64Array {
  const { columns, width, shared = 0, initial = 0, unknown = initial } = layout;
  const [from, to] = [strideOf(stored), strideOf(layout)];
  const values = new Float64Array((before.length / from) * to).fill(unknown);
  for (let key = 0; key < before.length / from; key++) {
    values.set(before.subarray(key * from, key * from + shared), key * to);
    columns.forEach((column, index) => {
      const at = stored.columns.indexOf(column);
      if (at < 0) return;
      const start = key * from + shared + at * width;
      values.set(before.subarray(start, start + width), key * to + shared + index * width);
    });
  }
  return values;
}
