import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { memoryStore } from '../../connectors/index.ts';
import { start } from '../../pipeline/index.ts';
import { valuesOf } from '../pipeline/example-pipelines.ts';

const data = join(process.env.MILLRACE_DATA ?? '../shared/data', 'sms-spam/SMSSpamCollection.gz');

describe('social text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-messages-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function runOver(messages: string) {
    process.env.MESSAGES = join(folder, 'messages.tsv');
    writeFileSync(process.env.MESSAGES, messages);
    const { pipeline } = await import('../../examples/social-text/pipeline.ts');
    const store = memoryStore();
    const summary = await start(pipeline, { home: store.open(), drain: true }).done;
    return { summary, values: (await valuesOf(store, 'messages')).map((value) => JSON.parse(value)), store };
  }

  const published = existsSync(data);
  const name = published
    ? 'the SMS Spam Collection'
    : `messages like those of the SMS Spam Collection (skipped: the collection itself, which is not at ${data})`;

  test(`${name} becomes labels and normalized text`, async () => {
    const messages = published ? gunzipSync(readFileSync(data)).toString() : 'ham\tHi  "there"\nspam\tWIN £1000 NOW\nother\tx\n';
    const lines = messages
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const spam = lines.filter(([label]) => label === 'spam').length;
    const { summary, values } = await runOver(messages);
    expect(values.filter(({ label }) => label === 'spam')).toHaveLength(spam);
    expect(values).toHaveLength(lines.filter(([label]) => label === 'ham' || label === 'spam').length);
    expect(summary.rowsIn).toBe(values.length + summary.rowsRejected);
    for (const { text } of values) expect(text).toBe(text.toLowerCase());
  });
});
