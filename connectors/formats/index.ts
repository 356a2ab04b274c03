export { json } from './json/index.ts';
