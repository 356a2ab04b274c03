import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstant } from '../../../../connectors/formats/values/index.ts';

const parse = (text: string) => {
  const bytes = new TextEncoder().encode(`??${text}99`);
  return parseInstant(bytes, 2, 2 + new TextEncoder().encode(text).length);
};

describe('parseInstant', () => {
  test('agrees with Date on every instant that Date writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(parse(date.toISOString())).toBe(date.getTime());
          expect(parse(date.toISOString().slice(0, 10))).toBe(Math.floor(date.getTime() / 86_400_000) * 86_400_000);
        },
      ),
    );
  });

  test('zones, fractions, separators and the end of the day', () => {
    const noon = Date.UTC(2017, 2, 1, 12);
    expect(['2017-03-01T12:00', '2017-03-01 12:00:00', '2017-03-01t12:00:00z', '2017-03-01T12:00:00.000999Z'].map(parse)).toEqual(
      Array(4).fill(noon),
    );
    expect(['2017-03-01T20:00+08:00', '2017-03-01T06:30:00-0530', '2017-03-01T13:00:00,5+01'].map(parse)).toEqual([noon, noon, noon + 500]);
    expect(parse('2017-03-01T24:00')).toBe(Date.UTC(2017, 2, 2));
    expect(parse('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1));
    expect(parse('2016-02-29')).toBe(Date.UTC(2016, 1, 29));
  });

  test('what is no instant is NaN', () => {
    const wrong = [
      '',
      '2017',
      '2017-3-1',
      '2017-02-29',
      '1900-02-29',
      '2017-13-01',
      '2017-04-31',
      '2017-00-10',
      '2017-03-01T',
      '2017-03-01T1',
      '2017-03-01T25:00',
      '2017-03-01T24:00:01',
      '2017-03-01T12:60',
      '2017-03-01T12:00:61',
      '2017-03-01T12:00:',
      '2017-03-01T12:00:0',
      '2017-03-01T12:00:00.',
      '2017-03-01T12:00Q',
      '2017-03-01T12:00+1',
      '2017-03-01T12:00+24:00',
      '2017-03-01T12:00Z ',
      '2017-03-01x12:00',
      'x017-03-01',
    ];
    expect(wrong.filter((text) => !Number.isNaN(parse(text)))).toEqual([]);
  });
});
