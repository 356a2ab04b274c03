import { describe, expect, test } from 'vitest';
import { normalizeText } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { columnsOf, runOperator } from '../../contract/run-operator.ts';
import { type Readings, readings, sampleReadings } from '../readings.ts';

operatorSuite('normalizeText', {
  make: () => normalizeText<Readings>({ columns: ['note', 'station'], lowerCase: true }),
  input: sampleReadings(),
  reads: 'note',
});

describe('normalizeText', () => {
  test.each([
    ['  two\t\n words ', {}, 'two words'],
    ['ﬁne\u0000', {}, 'fine'],
    ['Café', { lowerCase: true, stripAccents: true }, 'cafe'],
    ['e\u0301', {}, 'é'],
    ['', {}, ''],
    [null, {}, null],
  ])('%j', (note, options, expected) => {
    const rows = runOperator(() => normalizeText<Readings>({ columns: ['note'], ...options }), readings([{ hour: 0, note }])).rows();
    expect(columnsOf(rows)[0]?.note).toBe(expected);
  });
});
