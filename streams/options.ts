import { z } from 'zod';
import { MillraceError } from './millrace-error.ts';

/**
 * Checks the options of an operator, connector, model or command against its zod schema and fills defaults in.
 *
 * @throws MillraceError INVALID_OPTION naming every wrong option and what was expected.
 */
export function parseOptions<Schema extends z.ZodType>(owner: string, schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.length === 0 ? 'options' : issue.path.join('.')}: ${issue.message}`);
  throw new MillraceError('INVALID_OPTION', `${owner}: ${problems.join('; ')}`, { hint: `see the options of ${owner}` });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A span of time: milliseconds as a number, or a string such as `250ms`, `10s`, `1h`, `2d`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`;

/** Milliseconds of a {@link Duration}; undefined when it is none. */
export function milliseconds(duration: unknown): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) ? duration : undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(String(duration));
  return match === null ? undefined : Number(match[1]) * (UNITS[match[2] as string] as number);
}

/** Zod type of a {@link Duration}; its output is milliseconds. */
export const duration = () =>
  z
    .custom<Duration>(
      (value) => milliseconds(value) !== undefined,
      'expected a duration such as 250ms, 10s, 1h or a number of milliseconds',
    )
    .transform((value) => milliseconds(value) as number);
