export { arrow } from './arrow/index.ts';
export { csv } from './csv/index.ts';
export * from './infer/index.ts';
export { json } from './json/index.ts';
export { combinedLog, combinedLogSchema, GROK_PATTERNS, grok, logfmt, syslog, syslogSchema } from './logs/index.ts';
export { text } from './text/index.ts';
