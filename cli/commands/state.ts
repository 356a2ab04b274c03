import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Home } from '../../connectors/index.ts';
import {
  createSavepoint,
  forgetTasks,
  listState,
  openHome,
  readCells,
  readSavedTasks,
  readStateFile,
  savepointName,
  type TaskState,
  writeSavedTasks,
  writeStateFile,
} from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { columns } from '../help.ts';
import { homeOf, homeOptions } from '../home-options.ts';

interface Target {
  readonly pipeline: string;
  readonly savepoint: string | undefined;
  readonly file: string | undefined;
  readonly yes: boolean;
}

type Action = (home: Home, target: Target) => Promise<number>;

const number = (value: number) => value.toLocaleString('en-US');
const owner = ({ pipeline, savepoint }: Pick<Target, 'pipeline' | 'savepoint'>) =>
  savepoint === undefined ? pipeline : savepointName(pipeline, savepoint);

const READING: Readonly<Record<string, Action>> = {
  async list(home, { pipeline }) {
    const states = await listState(home, pipeline);
    if (states.length === 0) console.log(`no state in ${home.address}`);
    else for (const line of columns(states.map(stateLine))) console.log(line);
    return 0;
  },

  async show(home, target) {
    const states = await listState(home, `${owner(target)}/`);
    const cells = await readCells(home, owner(target));
    for (const state of states) {
      console.log([state.task, ...columns([stateLine(state), ['positions', JSON.stringify(state.positions)]])].join('\n'));
      const own = cells.filter(({ task }) => task === state.task);
      const line = ({ step, version, bytes, sha256 }: (typeof own)[number]) =>
        [step, `version ${version}  ${number(bytes)} bytes  sha256 ${sha256.slice(0, 16)}`] as const;
      console.log(columns(own.map(line)).join('\n'));
    }
    return 0;
  },

  async verify(home, target) {
    const cells = await readCells(home, owner(target));
    const wrong = cells.filter(({ verified }) => verified === false);
    for (const { task, step } of wrong)
      console.error(`millrace: the state of step '${step}' of task ${task} is not what its commit record says`);
    const compared = cells.some(({ verified }) => verified === undefined) ? 'checksums hold' : 'checksums and digests hold';
    if (wrong.length === 0) console.log(`${owner(target)}: ${cells.length} cells, ${compared}`);
    return wrong.length === 0 ? 0 : 1;
  },

  async export(home, target) {
    const file = fileOf(target);
    const tasks = await readSavedTasks(home, owner(target));
    writeText(file, writeStateFile(target.pipeline, tasks));
    console.log(`${owner(target)}: ${tasks.length} tasks written to ${file}`);
    return 0;
  },
};

const WRITING: Readonly<Record<string, Action>> = {
  async save(home, { pipeline, savepoint }) {
    if (savepoint === undefined) throw new MillraceError('INVALID_OPTION', 'a savepoint needs a name', { hint: 'give --savepoint NAME' });
    const tasks = await createSavepoint(home, pipeline, savepoint);
    for (const { record } of tasks)
      console.log(`${record.task}: epoch ${record.epoch}, ${number(record.nextOrdinal)} rows, saved as '${savepoint}'`);
    return 0;
  },

  async import(home, target) {
    const file = fileOf(target);
    const { tasks } = readStateFile(readText(file), file);
    const present = await listState(home, `${owner(target)}/`);
    if (present.length > 0 && !target.yes) throw inTheWay(owner(target), 'replace');
    await forgetTasks(home, owner(target));
    await writeSavedTasks(home, owner(target), tasks);
    console.log(`${owner(target)}: ${tasks.length} tasks read from ${file}`);
    return 0;
  },

  async reset(home, target) {
    if (!target.yes) throw inTheWay(owner(target), 'drop');
    const tasks = await forgetTasks(home, owner(target));
    console.log(
      tasks.length === 0 ? `there is no state of '${owner(target)}'` : `dropped the state of ${tasks.join(', ')}; topics are as they were`,
    );
    return 0;
  },
};

const inTheWay = (name: string, what: string) =>
  new MillraceError('INVALID_OPTION', `this would ${what} the state of '${name}'`, {
    hint: 'say --yes if that is meant; export it first to keep a copy',
  });

function fileOf({ file }: Target): string {
  if (file === undefined) throw new MillraceError('INVALID_OPTION', 'the command needs a file', { hint: 'see millrace state --help' });
  return file;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new MillraceError('FILE_UNREADABLE', `cannot read ${file}: ${(thrown as Error).message}`, { cause: thrown });
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (thrown) {
    throw new MillraceError('SINK_FAILED', `cannot write ${file}: ${(thrown as Error).message}`, { cause: thrown });
  }
}

const stateLine = ({ task, epoch, snapshotEpoch, rows, ended, committedAt, savepoint, copyOf }: TaskState): readonly [string, string] => [
  savepoint === undefined ? (copyOf === undefined ? task : `${copyOf} (kept snapshot)`) : `${task} (savepoint)`,
  `epoch ${number(epoch)}  snapshot ${number(snapshotEpoch)}  ${number(rows)} rows  ${ended ? 'ended' : 'open'}  ${new Date(committedAt).toISOString()}`,
];

/** `millrace state ACTION [PIPELINE] [FILE]` */
export const state = command({
  name: 'state',
  summary: 'list, show, verify, save, export, import or reset the state of pipelines',
  positionals: ['ACTION', 'PIPELINE?', 'FILE?'],
  actions: [
    ['list [PIPELINE]', 'tasks and savepoints: epochs, rows, when they were last committed'],
    ['show PIPELINE', "positions; version, bytes and SHA-256 of each step's state"],
    ['verify PIPELINE', 'stored bytes against checksums and commit records'],
    ['save PIPELINE', 'copies the newest snapshots under a name (--savepoint); the run may go on meanwhile'],
    ['export PIPELINE FILE', 'writes the state to a file'],
    ['import PIPELINE FILE', 'takes the state from such a file'],
    ['reset PIPELINE', 'forgets the state; topics stay. A run under way on Kafka is fenced, on the embedded log it is in the way'],
  ],
  options: z.object({
    ...homeOptions,
    savepoint: z.string().optional().describe('name of a savepoint: the one to save, or the one meant instead of the newest state'),
    yes: z.boolean().default(false).describe('drop or replace state without asking'),
  }),
  example: 'millrace state save air-quality --savepoint before-release',
  async run({ positionals: [action = '', pipeline, file], options }) {
    const act = READING[action] ?? WRITING[action];
    if (act === undefined) {
      const known = [...Object.keys(READING), ...Object.keys(WRITING)].join(', ');
      throw new MillraceError('INVALID_OPTION', `there is no action '${action}'`, { hint: `it is one of ${known}` });
    }
    if (pipeline === undefined && action !== 'list')
      throw new MillraceError('INVALID_OPTION', `state ${action} needs the name of a pipeline`, { hint: 'see millrace state list' });
    // Dropping or replacing a pipeline's own state under a run would pull it away from it: that needs the folder's lock. A savepoint does not.
    const shared = action === 'save' || options.savepoint !== undefined;
    const home = openHome({ ...homeOf(options), readOnly: action in READING, shared });
    try {
      return await act(home, { pipeline: pipeline ?? '', savepoint: options.savepoint, file, yes: options.yes });
    } finally {
      await home.close();
    }
  },
});
