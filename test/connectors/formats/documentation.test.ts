/** The examples of docs/formats.md come out as they say. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { examplesOf, runExample } from './format-examples.ts';

const examples = examplesOf(readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8'));

describe('docs/formats.md', () => {
  test('shows all formats', () => {
    const shown = examples.map(({ head }) => head).join('\n');
    for (const format of ['json(', 'csv(', 'text(', 'combinedLog(', 'syslog(', 'logfmt(', 'grok(', 'fromRecord('])
      expect(shown).toContain(format);
  });

  test.each(examples.map((example) => [example.head, example] as const))('%s', (_head, example) => {
    expect(runExample(example)).toEqual(example.lines.map(({ output }) => output));
  });
});
