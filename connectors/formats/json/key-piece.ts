/** Bytes of a key as they stand before a value, compared four at a time. */
export interface KeyPiece {
  readonly length: number;
  /** Little-endian words; the last one overlaps the one before, so that no bytes are left over. */
  readonly words: Int32Array;
  readonly last: number;
}

const encoder = new TextEncoder();

/** A piece of text of at least four bytes. */
export function keyPiece(text: string): KeyPiece {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Int32Array.from({ length: (bytes.length - 1) >> 2 }, (_, word) => view.getInt32(word * 4, true));
  return { length: bytes.length, words, last: view.getInt32(bytes.length - 4, true) };
}

/** Whether the piece stands at `at`, before `end`. */
export function matchesPiece(piece: KeyPiece, view: DataView, at: number, end: number): boolean {
  if (at + piece.length > end) return false;
  const { words } = piece;
  for (let word = 0; word < words.length; word++) if (view.getInt32(at + word * 4, true) !== words[word]) return false;
  return view.getInt32(at + piece.length - 4, true) === piece.last;
}
