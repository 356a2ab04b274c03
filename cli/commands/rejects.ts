import { z } from 'zod';
import type { Home } from '../../connectors/index.ts';
import { openHome, type RejectedRecordInfo, readRejected, reinject, systemClock } from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';

/** `millrace rejects` */
export const rejects = command({
  name: 'rejects',
  summary: 'shows what pipelines could not process, grouped by reason; after a fix, puts it back exactly once',
  positionals: ['TOPIC?'],
  options: z.object({
    ...homeOptions,
    samples: z.coerce.number().int().min(0).default(1).describe('records shown of each group'),
    reinject: z
      .boolean()
      .default(false)
      .describe('put the records back into the topics that they came from; what was put back before is not put back again'),
    json: z.boolean().default(false).describe('one JSON object a line, one per record'),
  }),
  example: 'millrace rejects air-quality.rejects --reinject',
  async run({ positionals: [named], options }) {
    const home = openHome({ ...homeOf(options), readOnly: !options.reinject });
    try {
      const topic = named ?? (await theRejectsTopic(home));
      if (options.reinject) {
        const { reinjected, left } = await reinject(home, topic, systemClock);
        console.log(`${reinjected} records put back, ${left} left: only their head was kept, or it is not known where they came from`);
        return 0;
      }
      const groups = new Groups(options.samples);
      for (const { partition, start, end } of await home.topics.list(topic)) {
        for await (const { records } of readRejected(home, topic, partition, start, end)) {
          for (const record of records) {
            if (options.json) console.log(recordJson(record));
            else groups.add(record);
          }
        }
      }
      if (!options.json) console.log(groups.text());
      return 0;
    } finally {
      await home.close();
    }
  },
});

/** The only topic of rejects here: pipelines name theirs `rejects` or `<pipeline>.rejects`. */
async function theRejectsTopic(home: Home): Promise<string> {
  const names = new Set((await home.topics.list()).map(({ topic }) => topic));
  const [found, ...others] = [...names].filter((name) => /(^|\.)rejects$/.test(name)).sort();
  if (found !== undefined && others.length === 0) return found;
  throw found === undefined
    ? new MillraceError('UNKNOWN_TOPIC', `no topic at ${home.address} is called rejects or ends in .rejects`)
    : new MillraceError('UNKNOWN_TOPIC', `there are several topics of rejects: ${[found, ...others].join(', ')}`, {
        hint: `say which: millrace rejects ${found}`,
      });
}

const decoder = new TextDecoder();
const SHOWN = 200;

const valueText = ({ record }: RejectedRecordInfo) => (record.value === null ? 'null' : decoder.decode(record.value.subarray(0, SHOWN)));

function recordJson(info: RejectedRecordInfo): string {
  const { partition, offset, step, reason, origin, whole } = info;
  return JSON.stringify({ partition, offset, step, reason, origin, whole, value: valueText(info) });
}

interface Group {
  count: number;
  readonly first: RejectedRecordInfo;
  last: RejectedRecordInfo;
  readonly samples: RejectedRecordInfo[];
}

/** Rejected records by step and kind of reason: numbers and quoted values of a reason do not tell groups apart. */
class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #samples: number;

  constructor(samples: number) {
    this.#samples = samples;
  }

  add(record: RejectedRecordInfo): void {
    const kind = `${record.step}: ${record.reason.replaceAll(/"[^"]*"/g, '"..."').replaceAll(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g, 'N')}`;
    const group = this.#groups.get(kind) ?? { count: 0, first: record, last: record, samples: [] };
    this.#groups.set(kind, group);
    group.count++;
    group.last = record;
    if (group.samples.length < this.#samples) group.samples.push(record);
  }

  text(): string {
    if (this.#groups.size === 0) return 'no rejects';
    const groups = [...this.#groups].sort(([, a], [, b]) => b.count - a.count);
    return groups.flatMap(([kind, group]) => groupLines(kind, group)).join('\n');
  }
}

const place = ({ origin }: RejectedRecordInfo) =>
  origin.topic === '' ? 'a row of an earlier batch' : `${origin.topic}/${origin.partition} offset ${origin.offset}`;

function groupLines(kind: string, { count, first, last, samples }: Group): readonly string[] {
  return [
    `${count.toLocaleString('en-US')}  ${kind}`,
    `    from ${place(first)} to ${place(last)}`,
    ...samples.map((sample) => `    ${place(sample)}: ${sample.reason}: ${valueText(sample)}`),
  ];
}
