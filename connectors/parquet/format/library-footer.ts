import { parquetWasm } from './parquet-wasm.ts';
import { emptyFile } from './row-group-file.ts';
import type { ThriftStruct } from './thrift-value.ts';

/** Where writers that know Arrow keep its schema. */
export const ARROW_SCHEMA = 'ARROW:schema';

/** A footer that the library reads, and the Arrow schema that it makes of it, as an IPC stream. */
export interface LibraryFooter {
  readonly footer: ThriftStruct;
  readonly schema: Uint8Array;
}

/**
 * What a writer kept of its Arrow schema may hold types that the library refuses (dictionaries of decimals, integers of 128 bits): it is then left out, since
 * Parquet's own schema tells all values.
 *
 * @throws what the library throws.
 */
export function libraryFooter(footer: ThriftStruct): LibraryFooter {
  try {
    return { footer, schema: schemaOf(footer) };
  } catch (thrown) {
    const entries = footer.structs(5);
    const others = entries.filter((entry) => entry.text(1) !== ARROW_SCHEMA);
    if (others.length === entries.length) throw thrown;
    const plain = footer.copy().setStructs(5, others);
    return { footer: plain, schema: schemaOf(plain) };
  }
}

const schemaOf = (footer: ThriftStruct): Uint8Array => parquetWasm().readParquet(emptyFile(footer)).schema.intoIPCStream();
