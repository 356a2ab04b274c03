/** Encodings of values by their numbers in Parquet's footer. Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/ */
export const ENCODING = { plain: 0, plainDictionary: 2, runs: 3, bitPacked: 4, dictionary: 8 } as const;

/** Encodings that are decoded here: plain, dictionary, and runs (of booleans, and of levels). */
export const KNOWN_ENCODINGS: ReadonlySet<number> = new Set<number>(Object.values(ENCODING));

/** Whether values are codes of dictionary entries. */
export const isCoded = (encoding: number): boolean => encoding === ENCODING.dictionary || encoding === ENCODING.plainDictionary;

export const unknownEncoding = (encoding: number): RangeError => new RangeError(`values of encoding ${encoding}`);

/** The codes of a page: how many bits each has stands before them. */
export function codesOf(data: Uint8Array, count: number): { readonly codes: Uint8Array; readonly width: number } {
  const width = count === 0 ? 0 : data[0];
  if (width === undefined) throw new RangeError('a page ends too early');
  return { codes: data.subarray(1), width };
}
