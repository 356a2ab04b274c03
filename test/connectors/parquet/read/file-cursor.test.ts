import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import { afterAll, expect, test } from 'vitest';
import { batchToIpc } from '../../../../columnar/index.ts';
import { readFooter } from '../../../../connectors/parquet/format/footer.ts';
import { createDecoder, type Decoder } from '../../../../connectors/parquet/read/decoder.ts';
import type { ChunkRequest } from '../../../../connectors/parquet/read/engine.ts';
import { FileCursor } from '../../../../connectors/parquet/read/file-cursor.ts';
import type { ChunkPlan } from '../../../../connectors/parquet/read/row-chunk.ts';
import { range, readingBatch } from '../sample-files.ts';

const KB = 1024;
const folder = mkdtempSync(join(tmpdir(), 'millrace-cursor-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A decoder that tells what it is asked for. */
function telling(): { decoder: Decoder; requests: ChunkRequest[]; cancelled: number[] } {
  const inner = createDecoder('parquet-wasm', 'caller');
  const requests: ChunkRequest[] = [];
  const cancelled: number[] = [];
  const decoder: Decoder = {
    open: (path) => inner.open(path),
    next: (stream, path, request) => {
      requests.push(request);
      return inner.next(stream, path, request);
    },
    cancel: (stream) => {
      cancelled.push(stream);
      return inner.cancel(stream);
    },
    end: () => inner.end(),
  };
  return { decoder, requests, cancelled };
}

/** Rows in groups, a hundred in tens, of which one column is read; `bytes` is what the footer says that it has in each group. The others have very many. */
async function rowsRead(from: number, bytes: number, { rows = 100, groupRows = 10, bytesPerFile = 256 * KB * KB } = {}) {
  const path = join(folder, `groups-of-${groupRows}.parquet`);
  const batch = readingBatch(range(0, rows));
  writeFileSync(
    path,
    writeParquet(Table.fromIPCStream(batchToIpc(batch)), new WriterPropertiesBuilder().setMaxRowGroupSize(groupRows).build()),
  );
  const footer = readFooter(path);
  const fields = [batch.schema.fields[0]] as ChunkPlan['columns']['fields'];
  const read = fields.map(({ name }) => name as string);
  const groups = footer.rowGroups.map((group) => ({
    ...group,
    columns: group.columns.map((column) => ({ ...column, uncompressedBytes: read.includes(column.root) ? bytes : 1024 ** 3 })),
  }));
  const schema = { ...batch.schema, fields } as ChunkPlan['schema'];
  const columns = { read, fields, columns: (decoded: typeof batch) => decoded.data.children } as ChunkPlan['columns'];
  const plan = { schema, decoded: schema, columns, filter: [], mergeBy: undefined, partitionRange: () => undefined } as ChunkPlan;
  const told = telling();
  const cursor = new FileCursor(told.decoder, { ...footer, rowGroups: groups }, plan, from, { nextStream: 0, bytesPerFile });
  const spans: [number, number][] = [];
  const ahead: number[] = [];
  for (await cursor.load([]); !cursor.ended; await cursor.load([])) {
    const chunk = cursor.chunk as NonNullable<FileCursor['chunk']>;
    spans.push([chunk.from, chunk.to]);
    ahead.push(told.requests.length - spans.length);
    cursor.take(chunk.batch.numRows, []);
  }
  await told.decoder.end();
  return { ...told, spans, ahead };
}

test('four small groups are on their way while one is read, in order, each once', async () => {
  const { spans, ahead, requests, cancelled } = await rowsRead(13, KB);
  expect(spans).toEqual([[13, 20], ...range(2, 10).map((group) => [group * 10, group * 10 + 10])]);
  expect(ahead).toEqual([4, 4, 4, 4, 4, 3, 2, 1, 0]);
  expect(requests.map(({ rowGroup, skip }) => [rowGroup, skip])).toEqual(range(1, 10).map((group) => [group, group === 1 ? 3 : 0]));
  expect(cancelled).toEqual([]);
});

test('as many as take 16 MB, by the columns that are read', async () => {
  const { spans, ahead } = await rowsRead(0, 5 * KB * KB);
  expect(spans).toEqual(range(0, 10).map((group) => [group * 10, group * 10 + 10]));
  expect(ahead).toEqual([3, 3, 3, 3, 3, 3, 3, 2, 1, 0]);
});

test('of larger ones, one', async () => {
  const { spans, ahead } = await rowsRead(0, 20 * KB * KB);
  expect(spans).toEqual(range(0, 10).map((group) => [group * 10, group * 10 + 10]));
  expect(ahead).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
});

test('with a small share, chunk by chunk, each found again; they end where they would end for a run from the start', async () => {
  const small = { rows: 1_400, groupRows: 700, bytesPerFile: KB * KB };
  const { spans, requests, cancelled } = await rowsRead(0, 20 * KB * KB, small);
  const ends = [256, 512, 700, 956, 1_212, 1_400];
  expect(spans).toEqual(ends.map((end, at) => [ends[at - 1] ?? 0, end]));
  expect(requests.every(({ once }) => once)).toBe(true);
  expect(cancelled).toEqual([]);
  const resumed = await rowsRead(300, 20 * KB * KB, small);
  expect(resumed.spans).toEqual([[300, 512], ...spans.slice(2)]);
});
