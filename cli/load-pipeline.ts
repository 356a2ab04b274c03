import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Pipeline } from '../pipeline/index.ts';
import { MillraceError } from '../streams/index.ts';

/**
 * Imports a pipeline file.
 *
 * @throws MillraceError FILE_UNREADABLE when there is no such file, INVALID_PIPELINE when it fails or exports no pipeline; both name the file.
 */
export async function loadPipeline(file: string): Promise<Pipeline> {
  const path = resolve(file);
  if (!existsSync(path)) throw new MillraceError('FILE_UNREADABLE', `there is no file ${file}`);
  let module: { readonly pipeline?: Pipeline };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (thrown) {
    if (thrown instanceof MillraceError) throw named(thrown, file);
    throw new MillraceError('INVALID_PIPELINE', `${file}: ${describe(thrown, path)}`, { cause: thrown });
  }
  if (module.pipeline?.kind !== 'pipeline' || typeof module.pipeline.flow !== 'function') {
    throw new MillraceError('INVALID_PIPELINE', `${file} exports no pipeline`, { hint: 'export const pipeline = definePipeline({ ... })' });
  }
  return module.pipeline;
}

/** What a function of Millrace found wrong while the file ran. */
function named({ code, message, step, origin, retry, hint, cause }: MillraceError, file: string): MillraceError {
  return new MillraceError(code, `${file}: ${message}`, { step, origin, retry, hint, cause });
}

/** Message and, where the stack tells it, the line of the file. */
function describe(thrown: unknown, path: string): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const line = error.stack?.split('\n').find((text) => text.includes(path));
  const place = line === undefined ? undefined : /:(\d+)(?::\d+)?\)?$/.exec(line)?.[1];
  return `${error.message.split('\n')[0]}${place === undefined ? '' : ` (line ${place})`}`;
}
