import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sink } from '../../../connectors/contract/index.ts';
import { archive } from '../../../connectors/parquet/index.ts';
import { sinkSuite } from '../../contract/sink-suite.ts';
import { archivedRows, lateBatch } from './archived-rows.ts';
import { temporaryFolder } from './sample-files.ts';

const base = temporaryFolder();
let folders = 0;
const freshFolder = () => join(base, `archive-${folders++}`);

sinkSuite('archive', async () => {
  const folder = freshFolder();
  return {
    make: () => archive(folder, { roll: { rows: 1 } }).create() as never,
    visible: async () => Object.values(await archivedRows(folder, 'name')).flat() as string[],
  };
});

/** Where in an epoch a process dies: `recorded` means that the commit record was durable, but not yet what `commit` does. */
const STEPS = ['written', 'prepared', 'recorded', 'committed', 'recovered'] as const;

/** Rows per epoch; one of them is empty. */
const EPOCHS = [60, 1, 139, 0, 140];

const numbersOf = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

async function visible(folder: string): Promise<readonly (readonly number[])[]> {
  const files = await archivedRows(folder, 'count');
  const left = readdirSync(folder, { recursive: true }).map(String);
  // Nothing is left of what was published.
  expect(left.filter((name) => Object.keys(files).some((file) => name.endsWith(`${basename(file)}.part`)))).toEqual([]);
  return Object.values(files).map((numbers) => numbers.map(Number));
}

describe('archive under crashes', () => {
  async function started(folder: string, epoch?: number): Promise<Sink<never>> {
    const sink = archive(folder, {
      roll: { rows: 90, interval: '12h' },
      rowGroupRows: 25,
      partitionBy: ['sensor'] as never,
    }).create() as Sink<never>;
    await sink.open('task-0');
    await sink.recover(epoch);
    return sink;
  }

  async function commit(sink: Sink<never>, epoch: number, numbers: readonly number[]): Promise<void> {
    if (numbers.length > 0) await sink.write(lateBatch(numbers));
    await sink.prepare(epoch);
    await sink.commit(epoch);
  }

  const epochNumbers = EPOCHS.map((count, epoch) =>
    numbersOf(
      EPOCHS.slice(0, epoch).reduce((sum, one) => sum + one, 0),
      count,
    ),
  );
  const all = epochNumbers.flat();
  const sorted = (files: readonly (readonly number[])[]) => files.flat().sort((left, right) => left - right);

  async function undisturbed(): Promise<readonly (readonly number[])[]> {
    const folder = freshFolder();
    const sink = await started(folder);
    for (const [index, numbers] of epochNumbers.entries()) await commit(sink, index + 1, numbers);
    await sink.close();
    return visible(folder);
  }

  test('gives every row once', async () => {
    expect(sorted(await undisturbed())).toEqual(all);
  });

  test('shows nothing before its epoch is committed', async () => {
    const folder = freshFolder();
    const sink = await started(folder);
    await sink.write(lateBatch(all));
    expect(await visible(folder)).toEqual([]);
    await sink.prepare(1);
    expect(await visible(folder)).toEqual([]);
    await sink.commit(1);
    await sink.close();
    expect(sorted(await visible(folder))).toEqual(all);
  });

  test('closed with uncommitted rows it shows none of them, and a restart goes on from the last epoch', async () => {
    const folder = freshFolder();
    const sink = await started(folder);
    await commit(sink, 1, numbersOf(0, 10));
    await sink.write(lateBatch(numbersOf(10, 10)));
    await sink.close();
    expect(sorted(await visible(folder)).every((number) => number < 10)).toBe(true);
    const again = await started(folder, 1);
    await commit(again, 2, numbersOf(10, 5));
    await again.close();
    expect(sorted(await visible(folder))).toEqual(numbersOf(0, 15));
  });

  test.each(STEPS)('a crash with an epoch %s loses nothing, doubles nothing, and leaves the same files', async (step) => {
    const expected = await undisturbed();
    for (const crashEpoch of [1, 3, 5]) {
      const folder = freshFolder();
      let sink = await started(folder);
      for (const [index, numbers] of epochNumbers.entries()) {
        const epoch = index + 1;
        if (epoch !== crashEpoch) {
          await commit(sink, epoch, numbers);
          continue;
        }
        await sink.write(lateBatch(numbers));
        if (step !== 'written') await sink.prepare(epoch);
        if (step === 'committed') await sink.commit(epoch);
        // The process dies: the sink is left as it is.
        const counts = step !== 'written' && step !== 'prepared';
        sink = await started(folder, counts ? epoch : epoch === 1 ? undefined : epoch - 1);
        if (step === 'recovered') sink = await started(folder, epoch);
        if (!counts) await commit(sink, epoch, numbers);
      }
      await sink.close();
      expect(await visible(folder), `epoch ${crashEpoch}`).toEqual(expected);
    }
  });

  test('begun anew it forgets what was never committed', async () => {
    const folder = freshFolder();
    const sink = await started(folder);
    await sink.write(lateBatch(numbersOf(0, 100)));
    await sink.prepare(1);
    const again = await started(folder);
    await commit(again, 1, numbersOf(0, 7));
    await again.close();
    expect(sorted(await visible(folder))).toEqual(numbersOf(0, 7));
  });
});
