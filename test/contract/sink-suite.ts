import { describe, expect, test } from 'vitest';
import { type ColumnsOf, float64, float64Data, makeBatch, schema, utf8, utf8Data } from '../../columnar/index.ts';
import type { Sink } from '../../connectors/index.ts';
import { streamBatch } from '../../streams/index.ts';

export const sinkColumns = schema({ name: utf8(), value: float64() });
type Rows = ColumnsOf<typeof sinkColumns>;

/** A sink under test. */
export interface SinkFixture {
  /** Another sink on the same target, as a restarted run would make it. */
  make(): Sink<Rows>;
  /** Names of the rows that readers of the target see, in order. */
  visible(): Promise<readonly string[]>;
}

const rowsOf = (...names: string[]) =>
  streamBatch(makeBatch(sinkColumns, [utf8Data(names), float64Data(Float64Array.from(names, (_, row) => row))]));

/** What every sink outside of the home store must do. */
export function sinkSuite(name: string, fixture: () => Promise<SinkFixture>): void {
  describe(`sink ${name}`, () => {
    const started = async (epoch: number | undefined) => {
      const { make, visible } = await fixture();
      const sink = make();
      await sink.open('pipeline/0');
      await sink.recover(epoch);
      return { sink, visible, make };
    };

    test('rows become visible with their epoch, not before', async () => {
      const { sink, visible } = await started(undefined);
      await sink.write(rowsOf('a', 'b'));
      expect(await visible()).toEqual([]);
      await sink.prepare(1);
      expect(await visible()).toEqual([]);
      await sink.commit(1);
      expect(await visible()).toEqual(['a', 'b']);
      await sink.write(rowsOf('c'));
      await sink.prepare(2);
      await sink.commit(2);
      await sink.close();
      expect(await visible()).toEqual(['a', 'b', 'c']);
    });

    test('an epoch without rows, and a sink without epochs, are fine', async () => {
      const { sink, visible } = await started(undefined);
      await sink.prepare(1);
      await sink.commit(1);
      await sink.close();
      expect(await visible()).toEqual([]);
    });

    test('commit may be repeated', async () => {
      const { sink, visible } = await started(undefined);
      await sink.write(rowsOf('a'));
      await sink.prepare(1);
      await sink.commit(1);
      await sink.commit(1);
      await sink.close();
      expect(await visible()).toEqual(['a']);
    });

    test('a crash after the commit record: recovery finishes the epoch', async () => {
      const { sink, visible, make } = await started(undefined);
      await sink.write(rowsOf('a'));
      await sink.prepare(1);
      await sink.commit(1);
      await sink.write(rowsOf('b'));
      await sink.prepare(2);
      const restarted = make();
      await restarted.open('pipeline/0');
      await restarted.recover(2);
      expect(await visible()).toEqual(['a', 'b']);
      await restarted.recover(2);
      await restarted.close();
      expect(await visible()).toEqual(['a', 'b']);
    });

    test('a crash before the commit record: recovery drops the epoch, which is then written anew', async () => {
      const { sink, visible, make } = await started(undefined);
      await sink.write(rowsOf('a'));
      await sink.prepare(1);
      await sink.commit(1);
      await sink.write(rowsOf('dropped'));
      await sink.prepare(2);
      const restarted = make();
      await restarted.open('pipeline/0');
      await restarted.recover(1);
      expect(await visible()).toEqual(['a']);
      await restarted.write(rowsOf('anew'));
      await restarted.prepare(2);
      await restarted.commit(2);
      await restarted.close();
      expect(await visible()).toEqual(['a', 'anew']);
    });

    test('a crash in the first epoch leaves nothing', async () => {
      const { sink, visible, make } = await started(undefined);
      await sink.write(rowsOf('a'));
      await sink.prepare(1);
      const restarted = make();
      await restarted.open('pipeline/0');
      await restarted.recover(undefined);
      await restarted.close();
      expect(await visible()).toEqual([]);
    });
  });
}
