import { RecordBatchReader } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { Footer } from '../format/footer.ts';
import { libraryFooter } from '../format/library-footer.ts';
import { engineReason, unreadable } from '../format/unreadable.ts';

/** The Arrow schema of a file, known from its footer alone. */
export function arrowSchema(footer: Footer): BatchSchema {
  try {
    return RecordBatchReader.from(libraryFooter(footer.thrift).schema).open().schema;
  } catch (thrown) {
    throw unreadable(footer.path, `its schema cannot be read: ${engineReason(thrown)}`, { cause: thrown });
  }
}
