export { json } from './json.ts';
export { type JsonNode, JsonSyntaxError, parseJson } from './parse-json.ts';
export { skipValue } from './skip-value.ts';
export { type ValueWriter, valueWriter } from './value-writer.ts';
