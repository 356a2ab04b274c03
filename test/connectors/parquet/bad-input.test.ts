import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parquet } from '../../../connectors/parquet/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, readings, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const good = readFileSync(writeSample(join(folder, 'good.parquet'), readingBatch(range(0, 500)), 100));
const read = (path: string) => readAll(parquet(path, { schema: readings, decodeIn: 'caller' }) as never);

function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function errorOf(path: string): Promise<MillraceError> {
  const thrown = await read(path).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MillraceError);
  expect((thrown as MillraceError).describe()).toContain(path);
  expect((thrown as MillraceError).describe()).not.toContain('\n');
  return thrown as MillraceError;
}

describe('bad input', () => {
  test.each([
    ['empty.parquet', '', 'it is not a Parquet file'],
    ['foreign.parquet', 'sensor,at\nnorth,1\n', 'it is not a Parquet file'],
    ['truncated.parquet', good.subarray(0, good.length - 100), 'it is truncated'],
    ['short.parquet', good.subarray(0, 6), 'it is truncated'],
    ['encrypted.parquet', Buffer.concat([Buffer.from('PARE'), good.subarray(4, -4), Buffer.from('PARE')]), 'its footer is encrypted'],
    [
      'length.parquet',
      Buffer.concat([good.subarray(0, -8), Buffer.from([255, 255, 255, 127]), Buffer.from('PAR1')]),
      'its footer is damaged',
    ],
    ['tail.parquet', Buffer.concat([good.subarray(0, -9), good.subarray(-8)]), 'its footer is damaged'],
  ])('%s is named with the reason', async (name, bytes, reason) => {
    const error = await errorOf(fileOf(name, bytes));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toContain(reason);
    expect(error.hint).toBeDefined();
  });

  test('a folder of another kind of file and a missing file', async () => {
    expect((await errorOf(join(folder, 'absent.parquet'))).message).toContain('there is no such file');
    mkdirSync(join(folder, 'nothing'));
    expect((await errorOf(join(folder, 'nothing'))).message).toContain('the folder holds no *.parquet files');
  });

  test('a file whose middle is cut out is found out before any row is read', async () => {
    const error = await errorOf(fileOf('hole.parquet', Buffer.concat([good.subarray(0, 50), good.subarray(5_050)])));
    expect(error.message).toContain('beyond the end of its data');
  });

  test('flipped bits give an error with the file, or rows: never a crash or another number of rows', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = new Uint8Array(good);
        bytes[at] = (bytes[at] as number) ^ mask;
        const path = fileOf(`flipped-${n++}.parquet`, bytes);
        const result = await readAll(parquet(path, { schema: readings, decodeIn: 'caller' }) as never, { values: false }).catch(
          (error: unknown) => error,
        );
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(MillraceError);
          expect((result as MillraceError).describe()).toContain(path);
        } else
          expect((result as { rows: unknown[]; rejects: unknown[] }).rows.length + (result as { rejects: unknown[] }).rejects.length).toBe(
            500,
          );
      }),
      { numRuns: 40 },
    );
  });
});
