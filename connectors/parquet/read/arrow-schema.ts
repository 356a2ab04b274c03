import { RecordBatchReader } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Footer } from '../format/footer.ts';
import { parquetWasm } from '../format/parquet-wasm.ts';
import { emptyFile } from '../format/row-group-file.ts';
import { unreadable } from '../format/unreadable.ts';

/** The Arrow schema of a file, known from its footer alone. */
export function arrowSchema(footer: Footer): BatchSchema {
  try {
    return RecordBatchReader.from(parquetWasm().readParquet(emptyFile(footer.thrift)).schema.intoIPCStream()).open().schema;
  } catch (thrown) {
    throw unreadable(footer.path, (thrown as Error).message.replace(/^Parquet error: /, ''), { cause: thrown });
  }
}
