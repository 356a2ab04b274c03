import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import { afterAll } from 'vitest';
import { type Batch, batchToIpc } from '../../../columnar/index.ts';

export { range, readingBatch, readings } from './reading-batch.ts';

/** A folder that is deleted after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a batch as a Parquet file by parquet-wasm. */
export function writeSample(path: string, batch: Batch, rowGroupRows = 1_000, codec: Compression = Compression.SNAPPY): string {
  const properties = new WriterPropertiesBuilder().setCompression(codec).setMaxRowGroupSize(rowGroupRows).build();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, writeParquet(Table.fromIPCStream(batchToIpc(batch)), properties));
  return path;
}
