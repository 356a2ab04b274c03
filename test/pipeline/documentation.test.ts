import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { optionsOf } from '../../cli/arguments.ts';
import { run } from '../../cli/commands/run.ts';
import { taskOptions } from '../../pipeline/index.ts';

const text = readFileSync(new URL('../../docs/pipeline.md', import.meta.url), 'utf8');

describe('docs/pipeline.md', () => {
  it('has the options of a task as they are', () => {
    const defaults: Readonly<Record<string, unknown>> = taskOptions.parse({});
    for (const { name, description } of optionsOf(taskOptions as unknown as z.ZodObject)) {
      expect(text).toContain(`| \`${name}\` | ${defaults[name] ?? ''} | ${description} |`);
    }
  });

  it('has the options of millrace run as they are', () => {
    for (const { flag, fallback, description } of optionsOf(run.options)) {
      expect(text).toContain(`| \`--${flag}\` | ${flag === 'brokers' ? '' : (fallback ?? '')} | ${description} |`);
    }
  });
});
