import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What follows a footer: its length and the magic number. */
export const FOOTER_TAIL = 8;

/** A file whose footer cannot be read: what is wrong, and what can be done. */
export class FooterError extends Error {
  override readonly name = 'FooterError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/**
 * Finds and reads the bytes of a file's footer. Knows nothing but files, so that the decoding thread starts fast.
 *
 * @throws FooterError
 */
export function readFooterBytes(path: string): { readonly bytes: Uint8Array; readonly fileBytes: number } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new FooterError(code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${code})`, undefined, cause);
  }
  try {
    return { bytes: footerOf(file), fileBytes: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

function footerOf(file: number): Uint8Array {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw new FooterError('it is not a file', 'a folder is read as folder/**/*.parquet');
  const head = text(readAt(file, 0, 4));
  const tail = readAt(file, Math.max(0, stat.size - FOOTER_TAIL), FOOTER_TAIL);
  const magic = text(tail.subarray(tail.length - 4));
  if (magic === 'PARE') throw new FooterError('its footer is encrypted', 'decrypt it first: Parquet encryption is not supported');
  if (head !== 'PAR1') throw new FooterError('it is not a Parquet file', 'its first four bytes should be PAR1');
  if (magic !== 'PAR1' || stat.size < 12)
    throw new FooterError('it is truncated: the end of a Parquet file is missing', 'was it written or copied to the end?');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length === 0 || length + FOOTER_TAIL + 4 > stat.size)
    throw new FooterError(`its footer is damaged: a length of ${length} bytes in a file of ${stat.size}`, 'write or copy the file again');
  return readAt(file, stat.size - FOOTER_TAIL - length, length);
}

function readAt(file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}

const decoder = new TextDecoder('latin1');
const text = (bytes: Uint8Array): string => decoder.decode(bytes);
