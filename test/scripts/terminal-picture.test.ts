import { expect, test } from 'vitest';
import { terminalPicture } from '../../scripts/terminal-picture.ts';

const ESCAPE = '\u001b';

test('draws each line with its colors', () => {
  const picture = terminalPicture(`rows ${ESCAPE}[32m12${ESCAPE}[0m & more\n${ESCAPE}[1mdone${ESCAPE}[0m\n`, 'a < b');
  expect(picture).toContain('<tspan fill="#d6deeb">rows </tspan><tspan fill="#a6d189">12</tspan><tspan fill="#d6deeb"> &amp; more</tspan>');
  expect(picture).toContain('<tspan fill="#d6deeb" font-weight="bold">done</tspan>');
  expect(picture).toContain('a &lt; b');
  expect(picture.match(/<text x="16"/g)).toHaveLength(2);
});

test('a color goes on into the next line', () => {
  expect(terminalPicture(`${ESCAPE}[31mone\ntwo`, '')).toContain('<tspan fill="#f07178">two</tspan>');
});

test('of an overwritten line the last text counts, and cursor movements leave no trace', () => {
  const picture = terminalPicture(`10 %\r50 %\r100 %\n${ESCAPE}[2K${ESCAPE}[1Aend`, '');
  expect(picture).not.toContain('50 %');
  expect(picture).toContain('>100 %<');
  expect(picture).toContain('>end<');
});
