export { type LogOptions, openLog } from './open-log.ts';
