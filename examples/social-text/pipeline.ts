/**
 * Short messages to text columns and features: a message per line -> label and text -> normalized words -> a tensor for a model.
 *
 * Data: SMS Spam Collection, Almeida and Hidalgo, UCI Machine Learning Repository, CC BY 4.0. It is not part of the project: put `SMSSpamCollection`
 * (tab-separated, as published) beside this file, or name it by MESSAGES. Run it with `npm run millrace -- run examples/social-text/pipeline.ts`.
 */
import { fileURLToPath } from 'node:url';
import { category, definePipeline, float64, flow, required, schema, utf8 } from 'millrace';
import { csvSource, topic } from 'millrace/connectors';
import { normalizeText, oneOf, textFeatures, validate, withColumn } from 'millrace/operators';

const file = process.env.MESSAGES ?? fileURLToPath(new URL('./SMSSpamCollection', import.meta.url));

const message = schema({ label: required(category()), text: required(utf8()) });
const cleaned = schema({ label: required(category()), text: required(utf8()), characters: float64(), shouting: float64() });

export const pipeline = definePipeline({
  name: 'social-text',
  sources: { messages: csvSource(file, { schema: message, delimiter: '\t', quote: '', header: false }) },
  sinks: { messages: topic('messages', { schema: cleaned }) },
  flow: ({ messages }) => ({
    messages: flow(
      messages,
      validate({ label: oneOf(['ham', 'spam']) }),
      withColumn('characters', (row) => row.text.length()),
      withColumn('shouting', (row) => row.text.equals(row.text.upperCase()).toNumber()),
      normalizeText({ columns: ['text'], lowerCase: true }),
      textFeatures({ column: 'text', size: 256, words: 2, characters: 3, output: 'features' }),
    ),
  }),
});
