import { z } from 'zod';
import { openHome, type Place, type Reproduction, reproduce } from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';
import { loadPipeline } from '../load-pipeline.ts';

const number = (value: number) => value.toLocaleString('en-US');

/** `millrace reproduce FILE` */
export const reproduceRun = command({
  name: 'reproduce',
  summary: 'runs committed input again, beside the stored run, and says whether it comes out the same',
  positionals: ['FILE'],
  options: z.object({
    ...homeOptions,
    from: z
      .string()
      .optional()
      .describe('offset, or time such as 2026-01-31T12:00Z; the re-run begins at the newest stored state before it'),
    to: z.string().optional().describe('offset or time of the first record that is left out; default: the newest commit'),
  }),
  example: 'millrace reproduce pipeline.ts --from 2026-01-31T12:00Z --to 2026-01-31T13:00Z',
  async run({ positionals: [file], options }) {
    const pipeline = await loadPipeline(file as string);
    const home = openHome({ ...homeOf(options), readOnly: true });
    try {
      const results = await reproduce(pipeline, home, { from: placeOf(options.from), to: placeOf(options.to) });
      for (const result of results) for (const line of report(result)) console.log(line);
      return results.every(isIdentical) ? 0 : 1;
    } finally {
      await home.close();
    }
  },
});

function placeOf(text: string | undefined): Place | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const time = Date.parse(text);
  if (Number.isFinite(time)) return { time };
  throw new MillraceError('INVALID_OPTION', `'${text}' is neither an offset nor a time`, { hint: 'such as 1000, or 2026-01-31T12:00Z' });
}

const isIdentical = ({ differingRows, differingState }: Reproduction) => differingRows.length === 0 && differingState === undefined;

function report(result: Reproduction): readonly string[] {
  const { task, base, rows, records, statesCompared, differingRows, differingState, unjournaled } = result;
  const head = `${task}: rows ${number(rows.from)} to ${number(rows.to)} from ${base}, ${number(records)} records`;
  if (isIdentical(result)) return [`${head}: identical${statesCompared > 0 ? `, state too (compared ${times(statesCompared)})` : ''}`];
  return [
    `${head}: differs`,
    ...differingRows.map(({ topic, partition, agreeing, again, committed, offset }) => {
      const there = committed === undefined ? 'there is none' : `offset ${offset} holds ${committed}`;
      return `  ${topic}/${partition}: ${number(agreeing)} records agree, then again ${again}, where ${there}`;
    }),
    ...(differingState === undefined ? [] : stateLines(differingState)),
    ...(unjournaled === undefined
      ? []
      : [
          `  what the wall clock had decided is not known for rows ${number(unjournaled.from)} to ${number(unjournaled.to)}: that may be why (idle inputs, answers from outside, mini-batches left out)`,
        ]),
  ];
}

const times = (count: number) => (count === 1 ? 'once' : `${number(count)} times`);

function stateLines({ rows, steps, values }: NonNullable<Reproduction['differingState']>): readonly string[] {
  const place = `between row ${number(rows.from)} and row ${number(rows.to)}`;
  return [...steps.map((step) => `  state of step '${step}', ${place}`), ...values.map((value) => `  ${value}`)];
}
