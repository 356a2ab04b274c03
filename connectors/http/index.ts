export { type IngestServer, serveIngest } from './ingest-server.ts';
