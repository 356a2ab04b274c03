import { closeSync, openSync, readSync } from 'node:fs';
import type { BatchSchema } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { RecordWriter, type SourceDefinition } from '../../contract/index.ts';
import { csvSource, fileSource } from '../../file/index.ts';
import { type InferredSchema, inferSchema, json, schemaOfInferred } from '../../formats/index.ts';
import { unreadable } from '../format/unreadable.ts';

/** Bytes from which types are inferred. */
const SAMPLE_BYTES = 1024 * 1024;

/**
 * A CSV or NDJSON file as a source. Without a schema, types are inferred from its first megabyte.
 *
 * @throws MillraceError FILE_UNREADABLE; INVALID_OPTION when no types can be inferred.
 */
export function textSource(
  path: string,
  kind: 'csv' | 'ndjson',
  given: BatchSchema | undefined,
  header: boolean | undefined,
): SourceDefinition<never> {
  const inferred = given === undefined ? infer(path, kind) : undefined;
  const schema = (given ?? schemaOfInferred(inferred as InferredSchema)) as BatchSchema<never>;
  if (kind === 'ndjson') return fileSource(path, { schema, format: json(inferred?.options ?? {}) });
  const delimiter = inferred?.options.delimiter as string | undefined;
  return csvSource(path, { schema, header: header ?? inferred?.header ?? true, ...(delimiter !== undefined && { delimiter }) });
}

function infer(path: string, kind: 'csv' | 'ndjson'): InferredSchema {
  const writer = new RecordWriter();
  for (const line of sampleLines(path)) {
    writer.value(line);
    writer.endRecord({ key: null, timestamp: 0 });
  }
  const inferred = inferSchema(writer.finish());
  if (inferred.format !== (kind === 'csv' ? 'csv' : 'json'))
    throw new MillraceError(
      'INVALID_OPTION',
      `'${path}' does not look like ${kind === 'csv' ? 'CSV' : 'NDJSON'}: its columns cannot be inferred`,
      {
        hint: 'give a schema',
      },
    );
  return inferred;
}

/** The whole lines among the first bytes of a file. */
function sampleLines(path: string): Uint8Array[] {
  const bytes = new Uint8Array(SAMPLE_BYTES);
  let length: number;
  try {
    const file = openSync(path, 'r');
    try {
      length = readSync(file, bytes, 0, SAMPLE_BYTES, 0);
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    throw unreadable(path, (thrown as Error).message, { cause: thrown });
  }
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < length; at++) {
    if (bytes[at] !== 10) continue;
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  if (start < length && length < SAMPLE_BYTES) lines.push(bytes.subarray(start, length));
  return lines.filter((line) => line.length > 0);
}
