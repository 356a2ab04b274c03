/**
 * Grouping accuracy of `mineTemplates`, with one setting, over the systems of loghub-2k: the share of lines whose group holds exactly the lines that people gave the same event.
 *
 *   node scripts/template-accuracy.ts FOLDER   # of loghub-2k: <System>/<System>_2k.log_structured.csv.gz
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeBatch, schema, utf8, utf8Data } from '../columnar/index.ts';
import { mineTemplatesOptions } from '../operators/transform/mine-templates.ts';
import { TemplateMiner } from '../operators/transform/templates/template-miner.ts';
import { TemplateTree } from '../operators/transform/templates/template-tree.ts';

export const SYSTEMS = ['HDFS', 'BGL', 'Apache', 'OpenSSH', 'Zookeeper', 'Hadoop', 'HPC', 'Proxifier'] as const;

/** Rows of a CSV text with quoted cells (RFC 4180). */
function csvRows(text: string): string[][] {
  return [...text.matchAll(/(?:"(?:[^"]|"")*"|[^,\n"])*(?:,(?:"(?:[^"]|"")*"|[^,\n"])*)*\r?\n/g)].map(([line]) =>
    [...line.trimEnd().matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    ),
  );
}

/** Grouping accuracy of one system. */
export function groupingAccuracy(folder: string, system: string): number {
  const file = join(folder, system, `${system}_2k.log_structured.csv.gz`);
  const [head = [], ...rows] = csvRows(gunzipSync(readFileSync(file)).toString());
  const [content, event] = [head.indexOf('Content'), head.indexOf('EventId')];
  const miner = new TemplateMiner(new TemplateTree(mineTemplatesOptions.parse({ column: 'line' })), []);
  const lines = makeBatch(schema({ line: utf8() }), [utf8Data(rows.map((row) => row[content] ?? ''))]);
  const found = Array.from(miner.columnsOf(lines, 'line').templateId.values, String);
  const truth = rows.map((row) => row[event] ?? '');
  const groupOf = (names: readonly string[]) => Map.groupBy(names.keys(), (row) => names[row] as string);
  const [foundGroups, trueGroups] = [groupOf(found), groupOf(truth)];
  const right = [...trueGroups.values()].filter((group) => String(foundGroups.get(found[group[0] as number] as string)) === String(group));
  return right.reduce((sum, group) => sum + group.length, 0) / rows.length;
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('name the folder of loghub-2k');
  const accuracies = SYSTEMS.map((system) => groupingAccuracy(folder, system));
  for (const [index, system] of SYSTEMS.entries()) console.log(`${system.padEnd(10)} ${accuracies[index]?.toFixed(4)}`);
  console.log(`average    ${(accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / SYSTEMS.length).toFixed(4)}`);
}
