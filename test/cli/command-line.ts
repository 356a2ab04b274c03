import './embedded-only.ts';
import { vi } from 'vitest';
import { runCli } from '../../cli/run-cli.ts';

/** What a command said, line by line, and its exit status. */
export interface Said {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Runs one command line in this process. */
export async function millrace(...words: readonly string[]): Promise<Said> {
  const said = { log: [] as string[], error: [] as string[] };
  const spies = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...parts) => void said[name].push(...parts.join(' ').split('\n'))),
  );
  try {
    const code = await runCli(words);
    return { code, stdout: said.log, stderr: said.error };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
