import { optionsOf } from './arguments.ts';
import type { Command } from './command.ts';

/** The help text of one command. */
export function commandHelp(command: Command): string {
  const options = optionsOf(command.options).map(({ flag, short, boolean, description, fallback, required }) => {
    const names = `${short === undefined ? '' : `-${short}, `}--${flag}${boolean ? '' : ' VALUE'}`;
    const needed = required ? ' (required)' : '';
    const standard = fallback === undefined || fallback === false || fallback === '' ? '' : ` (default ${String(fallback)})`;
    return [names, `${description}${needed}${standard}`] as const;
  });
  const lines = [...options, ['--help', 'this text'] as const];
  const words = command.positionals.map((name) => (name.endsWith('?') ? `[${name.slice(0, -1)}]` : name));
  return [
    `millrace ${[command.name, ...words].join(' ')} [options]`,
    '',
    command.summary,
    '',
    ...(command.actions === undefined ? [] : [...columns(command.actions), '']),
    ...columns(lines),
    '',
    `example: ${command.example}`,
  ].join('\n');
}

/** The help text of `millrace` itself. */
export function overview(commands: readonly Command[]): string {
  return [
    'millrace COMMAND [options]',
    '',
    'Streaming analytics that learns: topics or Parquet in, predictions out, exactly once.',
    '',
    ...columns(
      commands.map(
        ({ name, positionals, summary }) =>
          [['millrace', name, ...positionals.map((word) => word.replace('?', ''))].join(' '), summary] as const,
      ),
    ),
    '',
    'millrace COMMAND --help tells more.',
  ].join('\n');
}

/** Two aligned columns. */
export function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
