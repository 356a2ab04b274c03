import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberView } from '../../columnar/index.ts';
import { findRecord, type HighestTimes, turnBatches, turnRejects, watermarkCell } from '../../pipeline/turn.ts';
import { StateReader, StateWriter } from '../../streams/index.ts';
import { sourceBatch, stretchOf } from './source-batches.ts';

const NONE = Number.NEGATIVE_INFINITY;

describe('turnBatches', () => {
  it('makes one batch of neighboring stretches of a source batch, and keeps the order of inputs', () => {
    const a = sourceBatch({ times: [10, 20, 30, 40], offsets: [5, 6, 8, 9], source: 'a' });
    const b = sourceBatch({ times: [15, 35], source: 'b' });
    const turn = [
      stretchOf(a, { from: 0, to: 1, firstOrdinal: 0 }),
      stretchOf(b, { from: 0, to: 1, firstOrdinal: 1 }),
      stretchOf(a, { from: 1, to: 3, firstOrdinal: 2 }),
      stretchOf(b, { from: 1, to: 2, firstOrdinal: 4 }),
    ];
    const batches = turnBatches(turn, new Map());
    expect(
      batches.map(({ input, batch }) => [
        input,
        batch.origin,
        [...(batch.origin.records?.offset ?? [])],
        [...batch.ordinal],
        [...numberView(batch.batch, 'value').values],
      ]),
    ).toEqual([
      ['a', expect.objectContaining({ source: 'a', partition: 0, offset: 5 }), [5, 6, 8], [0, 2, 3], [0, 1, 2]],
      ['b', expect.objectContaining({ source: 'b', partition: 0, offset: 0 }), [0, 1], [1, 4], [0, 1]],
    ]);
  });

  it('computes watermarks row by row: the highest event time less the lateness, input by input', () => {
    const highest: HighestTimes = new Map();
    const late = stretchOf(sourceBatch({ times: [Number.NaN, 100, 70, 130, Number.NaN], source: 'late' }), { lateness: 20 });
    const other = stretchOf(sourceBatch({ times: [500], source: 'other' }), { firstOrdinal: 5 });
    expect(turnBatches([late, other], highest).map(({ batch }) => [...batch.watermark])).toEqual([[NONE, 80, 80, 110, 110], [500]]);
    const next = stretchOf(sourceBatch({ times: [120, 140], source: 'late' }), { lateness: 20, firstOrdinal: 6 });
    expect(turnBatches([next], highest).map(({ batch }) => [...batch.watermark])).toEqual([[110, 120]]);
  });

  it('leaves out batches without rows: their rejects travel apart', () => {
    expect(turnBatches([stretchOf(sourceBatch({ times: [], rejects: [0, 1] }), {})], new Map())).toEqual([]);
  });

  it('gives each row the same place and watermark for every cut', () => {
    const times = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.NaN)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(times, fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 6 }), (rows, marks) => {
        const batch = sourceBatch({ times: rows });
        const cuts = [...new Set([0, ...marks.filter((mark) => mark < rows.length), rows.length])].sort((a, b) => a - b);
        const highest: HighestTimes = new Map();
        const parts = cuts.slice(1).flatMap((to, i) => {
          const from = cuts[i] as number;
          return turnBatches([stretchOf(batch, { from, to, firstOrdinal: from, lateness: 3 })], highest);
        });
        const [whole] = turnBatches([stretchOf(batch, { lateness: 3 })], new Map());
        expect(parts.flatMap((part) => [...part.batch.ordinal])).toEqual([...(whole?.batch.ordinal ?? [])]);
        expect(parts.flatMap((part) => [...part.batch.watermark])).toEqual([...(whole?.batch.watermark ?? [])]);
      }),
    );
  });
});

describe('watermarkCell', () => {
  it('brings highest event times back, whatever was there, in bytes that do not depend on who came first', () => {
    const bytes = (entries: readonly (readonly [string, number])[]) => {
      const out = new StateWriter();
      watermarkCell(new Map(entries)).snapshot(out);
      return out.finish();
    };
    const stored = bytes([
      ['b', 7],
      ['a', NONE],
    ]);
    expect(stored).toEqual(
      bytes([
        ['a', NONE],
        ['b', 7],
      ]),
    );
    const restored: HighestTimes = new Map([['gone', 1]]);
    watermarkCell(restored).restore(new StateReader(stored), 1);
    expect([...restored]).toEqual([
      ['a', NONE],
      ['b', 7],
    ]);
  });
});

describe('turnRejects', () => {
  it('places a record that was not decoded before the row that follows it', () => {
    const batch = sourceBatch({ times: [10, 20, 30], offsets: [1, 1, 4], rejects: [0, 2, 3, 5] });
    const places = turnRejects([stretchOf(batch, { firstOrdinal: 50 })]).map(({ ordinal, reject }) => [ordinal, reject.record.offset]);
    expect(places).toEqual([
      [50, 0],
      [52, 2],
      [52, 3],
      [53, 5],
    ]);
  });
});

describe('findRecord', () => {
  it('finds the record of a row of this turn, and none of another turn', () => {
    const a = stretchOf(sourceBatch({ times: [10, 20], offsets: [3, 8], source: 'a' }), { firstOrdinal: 10 });
    const b = stretchOf(sourceBatch({ times: [30], offsets: [6], source: 'b' }), { firstOrdinal: 12 });
    const offsets = [9, 10, 11, 12, 13].map((ordinal) => {
      const found = findRecord([a, b], ordinal);
      return found === undefined ? undefined : [found.stretch.taken.rows.source, found.record.offset];
    });
    expect(offsets).toEqual([undefined, ['a', 3], ['a', 8], ['b', 6], undefined]);
  });
});
