export { combinedLog, combinedLogSchema } from './combined-log.ts';
export { grok } from './grok.ts';
export { GROK_PATTERNS } from './grok-patterns.ts';
export { logfmt } from './logfmt.ts';
export { syslog, syslogSchema } from './syslog.ts';
