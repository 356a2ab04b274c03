import { type Field, RecordBatchReader } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import type { Footer } from '../format/footer.ts';
import { THRIFT } from '../format/thrift-value.ts';
import { writeThrift } from '../format/thrift-writer.ts';
import { unreadable } from '../format/unreadable.ts';

const MAGIC = new TextEncoder().encode('PAR1');

/** The Arrow fields of a file, known from its footer alone: the engine reads a file made of that footer without its row groups. */
export function arrowFields(footer: Footer): readonly Field[] {
  const empty = footer.thrift.copy().setStructs(4, []).set(3, THRIFT.i64, 0);
  const body = writeThrift(empty);
  const bytes = new Uint8Array(body.length + 12);
  bytes.set(MAGIC);
  bytes.set(body, 4);
  new DataView(bytes.buffer).setUint32(4 + body.length, body.length, true);
  bytes.set(MAGIC, 8 + body.length);
  try {
    return RecordBatchReader.from(readParquet(bytes).schema.intoIPCStream()).open().schema.fields;
  } catch (thrown) {
    throw unreadable(footer.path, (thrown as Error).message.replace(/^Parquet error: /, ''), { cause: thrown });
  }
}
