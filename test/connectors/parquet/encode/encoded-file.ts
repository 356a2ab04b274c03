import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import type { Batch } from '../../../../columnar/index.ts';
import type { Encoding } from '../../../../connectors/parquet/encode/encoding.ts';
import { fileForm } from '../../../../connectors/parquet/encode/file-form.ts';
import { FlatGroups } from '../../../../connectors/parquet/encode/flat-group.ts';
import { fileHead, fileTail, HEAD_BYTES } from '../../../../connectors/parquet/format/row-group-file.ts';
import { THRIFT } from '../../../../connectors/parquet/format/thrift-value.ts';
import { rowJson } from '../../../../connectors/parquet/read/row-json.ts';

const usual = new FlatGroups();

/** A Parquet file of row groups, each of batches, by our encoder alone. */
export function encodedFile(rowGroups: readonly (readonly Batch[])[], encoding: Encoding, groups = usual): Uint8Array {
  const form = fileForm((rowGroups[0] as readonly Batch[])[0] as Batch, encoding);
  const parts: Uint8Array[] = [fileHead()];
  let position = HEAD_BYTES;
  const written = rowGroups.map((batches) => {
    const { flat, library } = form.group(batches, undefined);
    if (flat === undefined || library !== undefined) throw new Error('these columns are left to the library');
    return groups.encode(flat.packed, flat.plans, flat.encoding, position, (bytes) => {
      parts.push(bytes.slice());
      position += bytes.length;
    });
  });
  const rows = rowGroups.flat().reduce((sum, batch) => sum + batch.numRows, 0);
  parts.push(fileTail(form.footer().setStructs(4, written).set(3, THRIFT.i64, rows).setText(6, 'test')));
  return Buffer.concat(parts);
}

/** Batches of a file as parquet-wasm reads them. */
export const byLibrary = (file: Uint8Array): RecordBatch[] => [...RecordBatchReader.from(readParquet(file).intoIPCStream())];

/** Rows as text. */
export const rowsOf = (batches: readonly Pick<Batch, 'numRows'>[]): string[] =>
  batches.flatMap((batch) => Array.from({ length: batch.numRows }, (_, row) => rowJson(batch as never, row)));
