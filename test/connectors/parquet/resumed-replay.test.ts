import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberView } from '../../../columnar/index.ts';
import type { Position, Source, SourceDefinition } from '../../../connectors/index.ts';
import { parquet, replaying } from '../../../connectors/parquet/index.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const ROWS = 300;
const folder = temporaryFolder();
const path = writeSample(
  join(folder, 'readings.parquet'),
  readingBatch(range(0, ROWS), (n) => 1_700_000_000_000 + Math.floor(n / 4) * 60_000),
  70,
);
const replayed = (speed: 'max' | '1000000000x') => replaying(parquet(path, { schema: readings, decodeIn: 'caller' }), { speed });
const at = (row: number): Position | undefined => (row === 0 ? undefined : { [path]: row });

interface Progress {
  readonly rows: number[];
  position: Position;
}

/** One read: what came is added. */
async function step(source: Source<never>, progress: Progress, rows: number, until?: Position): Promise<'rows' | 'idle' | 'end'> {
  const read = await source.next({ rows, bytes: 1e6, ...(until === undefined ? {} : { until }) });
  if (typeof read === 'string') return read;
  progress.rows.push(...numberView(read.batch as never, 'count' as never).values);
  progress.position = read.position;
  return 'rows';
}

const reached = (position: Position, target: Position) => Object.entries(target).every(([name, value]) => (position[name] ?? 0) >= value);

async function opened(definition: SourceDefinition<never>, position: Position | undefined): Promise<Source<never>> {
  const source = definition.create();
  await source.open(0, position);
  return source;
}

test('what was read at full speed up to a row, then paced, and killed, is repeated row by row at any speed, from any place before', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        pacedFrom: fc.integer({ min: 0, max: 200 }),
        snapshot: fc.double({ min: 0, max: 1, noNaN: true }),
        reads: fc.integer({ min: 1, max: 12 }),
        rows: fc.integer({ min: 1, max: 90 }),
        speed: fc.constantFrom('max' as const, '1000000000x' as const),
        repeats: fc.integer({ min: 1, max: 90 }),
      }),
      async ({ pacedFrom, snapshot, reads, rows, speed, repeats }) => {
        const paced = await opened(replayed('1000000000x') as never, at(pacedFrom));
        const killed: Progress = { rows: [], position: at(pacedFrom) ?? {} };
        for (let read = 0; read < reads; read++) await step(paced, killed, rows);
        await paced.close();

        const from = Math.floor(pacedFrom * snapshot);
        const source = await opened(replayed(speed) as never, at(from));
        const again: Progress = { rows: [], position: at(from) ?? {} };
        for (let tries = 0; !reached(again.position, killed.position); tries++) {
          expect(tries).toBeLessThan(1000);
          expect(await step(source, again, repeats, killed.position)).not.toBe('end');
        }
        expect(again.rows).toEqual(range(from, pacedFrom + killed.rows.length));
        while ((await step(source, again, 50)) !== 'end');
        expect(again.rows).toEqual(range(from, ROWS));
        await source.close();
      },
    ),
    { numRuns: 25 },
  );
});
