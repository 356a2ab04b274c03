import type { z } from 'zod';

/** What a command gets. */
export interface Invocation<Options> {
  readonly positionals: readonly string[];
  readonly options: Options;
}

/** One command of `millrace`. Its options are one zod object: validation, defaults and --help come from it. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as help shows them, such as `FILE`. A trailing `?` makes one optional. */
  readonly positionals: readonly string[];
  readonly options: Schema;
  /** Words that a positional argument may be, and what each does. */
  readonly actions?: readonly (readonly [word: string, what: string])[];
  /** A line or two for the foot of the help text. */
  readonly example: string;
  /** Returns the exit status. */
  run(invocation: Invocation<z.output<Schema>>): Promise<number>;
}

/** Types a command by its options. */
export const command = <Schema extends z.ZodObject>(definition: Command<Schema>): Command => definition as unknown as Command;
