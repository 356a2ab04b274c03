import { MillraceError } from '../../../streams/index.ts';
import type { InputFile } from '../read/column-plan.ts';
import { originOf } from './archived-end.ts';

/** Archived files of one partition number. */
export interface ArchivedPart {
  readonly files: readonly InputFile[];
  /** Whether one file after the other holds the rows in the order in which the archive got them; else their event times tell it, as far as they do. */
  readonly inOrder: boolean;
}

/**
 * The files that hold rows of one partition number, of whatever topic, as they follow one another.
 *
 * @throws MillraceError INVALID_OPTION for a file that does not tell where its rows come from, or that mixes partitions.
 */
export function archivedPart(files: readonly InputFile[], partition: number): ArchivedPart {
  const own: { readonly file: InputFile; readonly task: string; readonly first: number; readonly last: number }[] = [];
  for (const file of files) {
    const { task, sources, ordinals } = originOf(file.path);
    const partitions = new Set(sources.filter(({ first }) => first !== null).map((source) => source.partition));
    if (!partitions.has(partition)) continue;
    if (partitions.size > 1) {
      throw new MillraceError('INVALID_OPTION', `'${file.path}' holds rows of the partitions ${[...partitions].join(', ')}`, {
        hint: 'archive each partition by a task of its own: a pipeline that reads the topic, and nothing else',
      });
    }
    own.push({ file, task, first: ordinals?.[0] ?? 0, last: ordinals?.[1] ?? Number.POSITIVE_INFINITY });
  }
  own.sort((a, b) => a.first - b.first);
  const inOrder = own.every(({ task, first }, index) => {
    const before = own[index - 1];
    return before === undefined || (before.task === task && before.last < first);
  });
  return { files: inOrder ? own.map(({ file }) => file) : files.filter((file) => own.some((one) => one.file === file)), inOrder };
}
