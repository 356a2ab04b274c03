/** How column chunks are written. */
export interface Encoding {
  readonly compression: 'zstd' | 'snappy' | 'lz4' | 'gzip' | 'brotli' | 'uncompressed';
  /** Columns to dictionary-encode; 'auto' are strings, and numbers of which few are distinct; 'strings' are all string columns. */
  readonly dictionary: 'auto' | 'strings' | 'all' | 'none' | readonly string[];
  readonly statistics: boolean;
}
