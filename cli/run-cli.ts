import { MillraceError } from '../streams/index.ts';
import { parseInvocation } from './arguments.ts';
import type { Command } from './command.ts';
import { archiveTopic } from './commands/archive.ts';
import { check } from './commands/check.ts';
import { convertFile } from './commands/convert.ts';
import { infer } from './commands/infer.ts';
import { inspect } from './commands/inspect.ts';
import { rejects } from './commands/rejects.ts';
import { replayFile } from './commands/replay.ts';
import { reproduceRun } from './commands/reproduce.ts';
import { run } from './commands/run.ts';
import { state } from './commands/state.ts';
import { tail } from './commands/tail.ts';
import { topics } from './commands/topics.ts';
import { commandHelp, overview } from './help.ts';

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  run,
  replayFile,
  topics,
  tail,
  rejects,
  archiveTopic,
  check,
  state,
  reproduceRun,
  infer,
  inspect,
  convertFile,
];

/** Runs one command line; returns the exit status: 0 done, 1 failed, 2 wrong usage. Errors are one line on stderr; MILLRACE_DEBUG=1 adds the stack. */
export async function runCli(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(overview(COMMANDS));
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    console.error(`millrace: there is no command '${name}' (see millrace --help)`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(parseInvocation(command, rest));
  } catch (thrown) {
    return report(thrown);
  }
}

/** Prints an error as one line; returns the exit status. */
export function report(thrown: unknown): number {
  const error = MillraceError.from(thrown, 'INTERNAL', { hint: 'MILLRACE_DEBUG=1 shows the stack' });
  console.error(`millrace: ${error.describe()}`);
  if (process.env.MILLRACE_DEBUG === '1') console.error(error);
  return error.code === 'INVALID_OPTION' ? 2 : 1;
}
