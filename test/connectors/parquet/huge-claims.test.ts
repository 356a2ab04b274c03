import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readFooter } from '../../../connectors/parquet/format/footer.ts';
import { fileTail } from '../../../connectors/parquet/format/row-group-file.ts';
import { THRIFT, type ThriftStruct } from '../../../connectors/parquet/format/thrift-value.ts';
import { parquet } from '../../../connectors/parquet/index.ts';
import { readAll } from './read-all.ts';
import { range, readingBatch, temporaryFolder, writeSample } from './sample-files.ts';

const folder = temporaryFolder();
const flat = writeSample(join(folder, 'flat.parquet'), readingBatch(range(0, 500)));
const nested = fileURLToPath(new URL('./fixtures/nested.parquet', import.meta.url));

/** The file with another footer. */
function claiming(path: string, change: (group: ThriftStruct, chunks: readonly ThriftStruct[]) => void): string {
  const bytes = readFileSync(path);
  const footer = readFooter(path).thrift;
  const group = footer.structs(4)[0] as ThriftStruct;
  change(
    group,
    group.structs(1).map((chunk) => chunk.struct(3) as ThriftStruct),
  );
  const claimed = join(folder, 'claimed.parquet');
  writeFileSync(claimed, Buffer.concat([bytes.subarray(0, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)), fileTail(footer)]));
  return claimed;
}

const CLAIMS: readonly [string, (group: ThriftStruct, chunks: readonly ThriftStruct[]) => void][] = [
  ['rows', (group) => group.set(3, THRIFT.i64, 2 ** 40)],
  ['values', (_, chunks) => chunks.forEach((chunk) => void chunk.set(5, THRIFT.i64, 2 ** 40))],
  [
    'rows and values',
    (group, chunks) => {
      group.set(3, THRIFT.i64, 2 ** 40);
      for (const chunk of chunks) chunk.set(5, THRIFT.i64, 2 ** 40);
    },
  ],
];

test.each(CLAIMS.flatMap(([name, change]) => [flat, nested].map((path) => [name, path, change] as const)))(
  'a footer that claims 2^40 %s is refused with file and row group, and nothing of that size is allocated: %s',
  { timeout: 30_000 },
  async (_, path, change) => {
    const claimed = claiming(path, change);
    const before = process.memoryUsage.rss();
    const read = await readAll(parquet(claimed) as never, { values: false }).catch((error: unknown) => error);
    if (read instanceof Error)
      expect(read).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringMatching(/claimed\.parquet'.*row group 0/) });
    else expect((read as { records: number }).records).toBe(path === flat ? 500 : 3);
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
  },
);
