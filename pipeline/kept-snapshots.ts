import type { CommitRecord, Home, Snapshot } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';

/** Older snapshots of a pipeline's tasks are kept under the name of a pipeline of their own. */
export const keptName = (pipeline: string) => `${pipeline}.kept`;

/** A snapshot that is kept: the number of its place, and the row that it ends before. */
interface Kept {
  readonly number: number;
  readonly nextOrdinal: number;
}

/** The task whose snapshots are kept, and how many of them. */
export interface KeptSetting {
  readonly pipeline: string;
  readonly partition: number;
  readonly home: Pick<Home, 'epochs'>;
  readonly most: number;
  readonly onNotice?: (notice: string) => void;
}

/**
 * Older snapshots of a task, copied when they are the newest one and spread evenly over the rows of the run: whatever stretch `reproduce` is asked for, it runs few rows before it again. Each
 * has one of a fixed number of places and is replaced by a single commit, so that a crash leaves neither two of them in a place nor one that nobody deletes. As the distance between two grows
 * with the run, copies are few: about `most` times the logarithm of the rows.
 */
export class KeptSnapshots {
  readonly #setting: KeptSetting;
  #kept: readonly Kept[] | undefined;

  constructor(setting: KeptSetting) {
    this.#setting = setting;
  }

  /** Keeps a snapshot that was just committed, if it is far enough from those that are kept. That it fails costs `reproduce` time and is no reason to stop. */
  async offer(record: CommitRecord, snapshot: Snapshot): Promise<void> {
    try {
      this.#kept ??= await this.#find(record);
      const number = this.#placeFor(this.#kept, snapshot.nextOrdinal);
      if (number !== undefined) await this.#write(number, record, snapshot);
    } catch (thrown) {
      // What is stored now is looked up again.
      this.#kept = undefined;
      const { message } = MillraceError.from(thrown, 'STORE_FAILED');
      this.#setting.onNotice?.(`the snapshot of epoch ${snapshot.epoch} is not kept: ${message}`);
    }
  }

  /** What is kept; places beyond those that there are now, and states that the run has not come to, are given up. */
  async #find({ task, nextOrdinal: reached }: CommitRecord): Promise<readonly Kept[]> {
    const { pipeline, home } = this.#setting;
    const kept: Kept[] = [];
    for (const { task: name, copyOf, nextOrdinal } of await home.epochs.peek(`${keptName(pipeline)}/`)) {
      if (copyOf !== task) continue;
      const number = Number(name.slice(name.lastIndexOf('/') + 1));
      if (this.#places.includes(number) && nextOrdinal <= reached) kept.push({ number, nextOrdinal });
      else await forgetCopy(home, name);
    }
    return kept.toSorted((a, b) => a.nextOrdinal - b.nextOrdinal);
  }

  /** Numbers of this task's places. */
  get #places(): readonly number[] {
    const { partition, most } = this.#setting;
    return Array.from({ length: most }, (_, place) => partition * most + place);
  }

  /** Where to keep a snapshot that ends before a row: in a free place, or in that of the one which is missed least. Undefined: it is too near. */
  #placeFor(kept: readonly Kept[], nextOrdinal: number): number | undefined {
    const rows = kept.map((one) => one.nextOrdinal);
    const places = this.#places;
    if (places.length === 0 || nextOrdinal - (rows.at(-1) ?? 0) < Math.max(1, nextOrdinal / (places.length + 1))) return undefined;
    const free = places.find((number) => kept.every((one) => one.number !== number));
    if (free !== undefined) return free;
    const gaps = rows.map((_, index) => (rows[index + 1] ?? nextOrdinal) - (rows[index - 1] ?? 0));
    return kept[gaps.indexOf(Math.min(...gaps))]?.number;
  }

  async #write(number: number, record: CommitRecord, snapshot: Snapshot): Promise<void> {
    const { epochs } = this.#setting.home;
    const { version, epoch, positions, nextOrdinal, digest, committedAt } = record;
    const task = `${keptName(this.#setting.pipeline)}/${number}`;
    const copy = { version, task, copyOf: record.task, epoch, positions, nextOrdinal, digest, committedAt };
    await epochs.open(task);
    await epochs.commit({ record: { ...copy, snapshotEpoch: epoch, journal: [], ended: false, summary: {} }, outputs: [], snapshot });
    await epochs.release(task);
    const others = (this.#kept ?? []).filter((one) => one.number !== number);
    this.#kept = [...others, { number, nextOrdinal }];
  }
}

/** Forgets all that is kept of a pipeline's tasks. */
export async function forgetKept(home: Pick<Home, 'epochs'>, pipeline: string): Promise<void> {
  for (const { task } of await home.epochs.peek(`${keptName(pipeline)}/`)) await forgetCopy(home, task);
}

async function forgetCopy({ epochs }: Pick<Home, 'epochs'>, task: string): Promise<void> {
  await epochs.open(task);
  await epochs.forget(task);
  await epochs.release(task);
}
