import { type Data, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeBatch, schema, utf8, utf8Data } from '../../../../columnar/index.ts';
import { mineTemplatesOptions } from '../../../../operators/transform/mine-templates.ts';
import { TemplateMiner } from '../../../../operators/transform/templates/template-miner.ts';
import { TemplateTree } from '../../../../operators/transform/templates/template-tree.ts';
import { StateReader, StateWriter } from '../../../../streams/index.ts';

const lineSchema = schema({ line: utf8() });
const settings = mineTemplatesOptions.parse({ column: 'line', maxTemplates: 6, maxChildren: 3 });

/** What a miner makes of lines, and its state. */
function mined(lines: readonly (string | null)[], masks: readonly RegExp[]) {
  const tree = new TemplateTree(settings);
  const columns = new TemplateMiner(tree, masks).columnsOf(makeBatch(lineSchema, [utf8Data(lines)]), 'line');
  return { rows: Object.values<Data>(columns).map((data) => Array.from(new Vector([data]))), state: bytesOf(tree) };
}

function bytesOf(tree: TemplateTree): Uint8Array {
  const out = new StateWriter();
  tree.write(out);
  return out.finish();
}

/** Pieces that meet every rule: digits, separators, quantities with units, remarks, closing punctuation, marks of parameters, quotes, control characters, other scripts. */
const PIECES = [
  'a',
  'port',
  '1',
  '42',
  '4.',
  '/9',
  ' ',
  '  ',
  '\t',
  '/',
  '.',
  '!',
  '=',
  ':',
  '(',
  ')',
  '<',
  '>',
  '*',
  '<*>',
  '~',
  ' kb',
  ' KB)',
  ' ms,',
  ' secs',
  '"',
  '\\',
  '\u0001',
  '@',
  '#',
  "'",
  'é',
  '\u00a0',
  '日9',
];
const line = fc.oneof(
  { weight: 20, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: fc.constant(null) },
);

test('lines give the same as bytes and as strings, with the same state', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      // A mask that matches nothing has them taken as strings.
      expect(mined(lines, [])).toEqual(mined(lines, [/(?!)/]));
    }),
    { numRuns: 300 },
  );
});

test('tokens that no template needs are let go, and nothing else changes', () => {
  const tidied = new TemplateTree(settings);
  const untidied = new TemplateTree(settings);
  const words = (row: number) => [
    'login',
    'of',
    `user-${row.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] as string)}`,
    row % 2 === 0 ? 'ok' : 'refused',
  ];
  let differing = 0;
  for (let row = 0; row < 70_000; row++) {
    tidied.tidy();
    const tokens = words(row);
    if (tidied.matchStrings(tokens)?.id !== untidied.matchStrings(tokens)?.id) differing++;
  }
  expect(differing).toBe(0);
  expect(untidied.table.size).toBeGreaterThan(69_000);
  expect(tidied.table.size).toBeLessThan(10_000);
  expect(bytesOf(tidied)).toEqual(bytesOf(untidied));
  expect(bytesOf(TemplateTree.read(settings, new StateReader(bytesOf(tidied))))).toEqual(bytesOf(untidied));
});
