import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CommitRecord, Snapshot } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { SavedTask } from './savepoints.ts';

const FORMAT = 'millrace-state';

const cell = z.object({ id: z.string(), version: z.number(), sha256: z.string(), bytes: z.string() });
const stateFile = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  pipeline: z.string(),
  tasks: z.array(
    z.object({
      record: z.custom<CommitRecord>((value) => typeof (value as CommitRecord | undefined)?.task === 'string'),
      snapshot: z.object({
        epoch: z.number(),
        positions: z.record(z.string(), z.record(z.string(), z.number())),
        nextOrdinal: z.number(),
        cells: z.array(cell),
      }),
    }),
  ),
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The state of a pipeline's tasks as one JSON text: bytes in base64, each cell with its SHA-256. */
export function writeStateFile(pipeline: string, tasks: readonly SavedTask[]): string {
  const plain = tasks.map(({ record, snapshot }) => ({
    record,
    snapshot: {
      ...snapshot,
      cells: snapshot.cells.map(({ id, version, bytes }) => ({
        id,
        version,
        sha256: sha256(bytes),
        bytes: Buffer.from(bytes).toString('base64'),
      })),
    },
  }));
  return JSON.stringify({ format: FORMAT, version: 1, pipeline, tasks: plain });
}

/**
 * Reads what {@link writeStateFile} wrote.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when the text is something else, STORE_DAMAGED when a cell does not match its SHA-256.
 */
export function readStateFile(text: string, file: string): { readonly pipeline: string; readonly tasks: readonly SavedTask[] } {
  const { pipeline, tasks } = parseFile(text, file);
  return {
    pipeline,
    tasks: tasks.map(({ record, snapshot }) => ({
      record,
      snapshot: { ...snapshot, cells: snapshot.cells.map((stored) => readCell(stored, `${file}, task ${record.task}`)) },
    })),
  };
}

function parseFile(text: string, file: string): z.output<typeof stateFile> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new MillraceError('STATE_INCOMPATIBLE', `${file} is no state file: ${(thrown as Error).message}`, { cause: thrown });
  }
  const parsed = stateFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MillraceError('STATE_INCOMPATIBLE', `${file} is no state file of this version: ${issue?.path.join('.')}: ${issue?.message}`);
}

function readCell(stored: z.output<typeof cell>, where: string): Snapshot['cells'][number] {
  const bytes = new Uint8Array(Buffer.from(stored.bytes, 'base64'));
  if (sha256(bytes) === stored.sha256) return { id: stored.id, version: stored.version, bytes };
  throw new MillraceError('STORE_DAMAGED', `the state of step '${stored.id}' in ${where} does not match its checksum`, {
    hint: 'export the state again',
  });
}
