export { fileSink } from './file-sink.ts';
export { type CsvSourceOptions, csvSource, type FileSourceOptions, fileSource } from './file-source.ts';
export { type IngestOptions, ingestLines } from './ingest-lines.ts';
export { stdoutSink } from './stdout-sink.ts';
