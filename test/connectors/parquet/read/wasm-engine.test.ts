import { fileURLToPath } from 'node:url';
import { RecordBatchReader } from 'apache-arrow';
import { expect, test } from 'vitest';
import { readFooter } from '../../../../connectors/parquet/format/footer.ts';
import { blockBatch } from '../../../../connectors/parquet/read/block-batch.ts';
import type { DecodedBlock } from '../../../../connectors/parquet/read/column-block.ts';
import { rowJson } from '../../../../connectors/parquet/read/row-json.ts';
import { wasmEngine } from '../../../../connectors/parquet/read/wasm-engine.ts';
import { pageProgram } from '../../../../kernels/index.ts';

const pathOf = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url));

async function blocksOf(name: string, chunkRows: number, columns?: readonly string[]): Promise<{ blocks: DecodedBlock[]; rows: string[] }> {
  const footer = readFooter(pathOf(name));
  const file = await wasmEngine({ pages: pageProgram() }).open(footer.path);
  const { fields } = RecordBatchReader.from(await file.schema()).open().schema;
  const wanted = fields.filter((field) => columns?.includes(field.name as string) ?? true);
  const blocks: DecodedBlock[] = [];
  const request = { rowGroup: 0, columns: wanted.map((field) => field.name as string), skip: 0, rows: footer.rows, chunkRows };
  for await (const block of file.chunks(request)) blocks.push(block);
  file.close();
  const batches = blocks.map((block) => blockBatch(block, wanted));
  return { blocks, rows: batches.flatMap((batch) => Array.from({ length: batch.numRows }, (_, row) => rowJson(batch, row))) };
}

test.each(['numbers', 'times', 'texts', 'nested', 'duckdb', 'encodings'])(
  '%s leaves WASM memory as bare columns; streamed it is the same',
  async (name) => {
    const whole = await blocksOf(name, 1_000);
    expect(whole.blocks.map((block) => 'bytes' in block && block.layout !== undefined)).toEqual([true]);
    const streamed = await blocksOf(name, 1);
    expect(streamed.blocks.length).toBeGreaterThan(1);
    expect(streamed.rows).toEqual(whole.rows);
  },
);

test('columns come in the order of the file', async () => {
  const { rows } = await blocksOf('numbers', 1_000, ['f64', 'i8']);
  expect(rows[0]).toBe('{"i8":127,"f64":"NaN"}');
});
