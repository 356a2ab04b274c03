import { parseArgs } from 'node:util';
import { z } from 'zod';
import { MillraceError, parseOptions } from '../streams/index.ts';
import type { Command, Invocation } from './command.ts';

/** One option as help and the parser need it. */
export interface OptionInfo {
  readonly name: string;
  readonly flag: string;
  readonly boolean: boolean;
  readonly description: string;
  readonly short: string | undefined;
  readonly fallback: unknown;
  readonly required: boolean;
}

/** The options of a command, from its zod object. `meta({ short: 'n' })` gives a short flag. */
export function optionsOf(schema: z.ZodObject): readonly OptionInfo[] {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(described.properties ?? {}).map(([name, property]) => {
    const info = property as { type?: string; description?: string; short?: string; default?: unknown };
    return {
      name,
      flag: name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      boolean: info.type === 'boolean',
      description: info.description ?? '',
      short: info.short,
      fallback: info.default,
      required: described.required?.includes(name) === true,
    };
  });
}

/**
 * Parses the words after a command's name.
 *
 * @throws MillraceError INVALID_OPTION for an unknown option, a wrong value or a wrong number of arguments.
 */
export function parseInvocation(command: Command, words: readonly string[]): Invocation<never> {
  const infos = optionsOf(command.options);
  const options = Object.fromEntries(
    infos.map(({ flag, boolean, short }) => [
      flag,
      { type: boolean ? ('boolean' as const) : ('string' as const), ...(short === undefined ? {} : { short }) },
    ]),
  );
  const parsed = parseWords(command, words, options);
  const given: Readonly<Record<string, unknown>> = parsed.values;
  const values = Object.fromEntries(infos.flatMap(({ name, flag }) => (given[flag] === undefined ? [] : [[name, given[flag]]])));
  const required = command.positionals.filter((name) => !name.endsWith('?')).length;
  if (parsed.positionals.length < required || parsed.positionals.length > command.positionals.length) {
    throw new MillraceError(
      'INVALID_OPTION',
      `${command.name} takes ${command.positionals.join(' ') || 'no argument'}, not ${parsed.positionals.length} arguments`,
      {
        hint: `see millrace ${command.name} --help`,
      },
    );
  }
  const missing = infos.find((info) => info.required && values[info.name] === undefined);
  if (missing !== undefined) {
    throw new MillraceError('INVALID_OPTION', `${command.name} needs --${missing.flag}`, { hint: `see millrace ${command.name} --help` });
  }
  return { positionals: parsed.positionals, options: parseOptions(`millrace ${command.name}`, command.options, values) as never };
}

function parseWords(command: Command, words: readonly string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    const [message = ''] = (thrown as Error).message.split(/\.\s/);
    throw new MillraceError('INVALID_OPTION', message.replace(/^(Option .*) argument is ambiguous$/, '$1 needs a value'), {
      hint: `see millrace ${command.name} --help`,
    });
  }
}
