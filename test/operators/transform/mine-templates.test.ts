import { describe, expect, test } from 'vitest';
import { mineTemplates } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

const LINES = [
  'Received block blk_-1608 of size 67108864 from /10.250.19.102:54106',
  'Received block blk_77 of size 91178 from /10.250.10.6:1',
  'Failed password for root from 183.62.140.253 port 43830 ssh2',
  'Failed password for webmaster from 5.36.59.76 port 42393 ssh2',
  'Failed password for admin from 5.36.59.76 port 42393 ssh2',
  'proxy.cse.cuhk.edu.hk:5070 close, 403 bytes sent, 426 bytes received, lifetime <1 sec',
  'proxy.cse.cuhk.edu.hk:5070 close, 7942 bytes (7.75 KB) sent, 9 bytes received, lifetime 00:12',
  null,
  '',
  'Received block blk_1 of size 3 from /10.0.0.1:2',
];
const mined = (options: Partial<Parameters<typeof mineTemplates<Readings>>[0]> = {}, lines: readonly (string | null)[] = LINES) =>
  columnsOf(
    runOperator(
      () => mineTemplates<Readings>({ column: 'note', ...options }),
      readings(lines.map((note, hour) => ({ hour, note }))),
    ).rows(),
  );

operatorSuite('mineTemplates', {
  make: () => mineTemplates<Readings>({ column: 'note', maxTemplates: 3 }),
  input: sampleReadings(),
  reads: 'note',
});
operatorSuite('mineTemplates of lines', {
  make: () => mineTemplates<Readings>({ column: 'note', similarity: 0.4 }),
  input: readings(Array.from({ length: 200 }, (_, hour) => ({ hour, note: LINES[(hour * hour) % LINES.length] }))),
  reads: 'note',
});

describe('mineTemplates', () => {
  test('numbers templates in order of first sight and widens them', () => {
    const rows = mined();
    expect(rows.map(({ templateId }) => templateId)).toEqual([0, 0, 1, 1, 1, 2, 2, null, 3, 0]);
    expect(rows[2]?.template).toBe('Failed password for root from <*> port <*> <*>');
    expect(rows[4]?.template).toBe('Failed password for <*> from <*> port <*> <*>');
    expect(rows[9]?.template).toBe('Received block <*> of size <*> from /<*>:<*>');
  });

  test('tells the parameters', () => {
    const rows = mined();
    expect(JSON.parse(rows[1]?.parameters as string)).toEqual(['blk_77', '91178', '10.250.10.6', '1']);
    expect(JSON.parse(rows[4]?.parameters as string)).toEqual(['admin', '5.36.59.76', '42393', 'ssh2']);
    expect(JSON.parse(rows[5]?.parameters as string)).toEqual(['5070', '403', '426', '<1 sec']);
  });

  test('masks of your own', () => {
    const rows = mined({ masks: [/user \w+/] }, ['login of user anna ok', 'login of user bob ok']);
    expect(rows.map(({ templateId, template }) => [templateId, template])).toEqual([
      [0, 'login of <*> ok'],
      [0, 'login of <*> ok'],
    ]);
  });

  test('beyond maxTemplates a line that matches none has id -1', () => {
    expect(mined({ maxTemplates: 1 }).map(({ templateId }) => templateId)).toEqual([0, 0, -1, -1, -1, -1, -1, null, -1, 0]);
  });
});
