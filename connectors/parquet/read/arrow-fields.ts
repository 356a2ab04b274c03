import { type Field, RecordBatchReader } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import type { Footer } from '../format/footer.ts';
import { emptyFile } from '../format/row-group-file.ts';
import { unreadable } from '../format/unreadable.ts';

/** The Arrow fields of a file, known from its footer alone. */
export function arrowFields(footer: Footer): readonly Field[] {
  try {
    return RecordBatchReader.from(readParquet(emptyFile(footer.thrift)).schema.intoIPCStream()).open().schema.fields;
  } catch (thrown) {
    throw unreadable(footer.path, (thrown as Error).message.replace(/^Parquet error: /, ''), { cause: thrown });
  }
}
