import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Conversion, conversionOf, unitNames } from '../../../operators/clean/units.ts';

function convert(value: number, from: string, to: string): number {
  const { lower, factor, divisor, raise } = conversionOf({ from, to }) as Conversion;
  return ((value - lower) * factor) / divisor + raise;
}

/** Published values: SI brochure (9th edition), NIST SP 811 appendix B, definitions of the units. */
test.each<[number, string, number, string]>([
  [32, 'degF', 0, 'degC'],
  [212, 'degF', 100, 'degC'],
  [-40, 'degF', -40, 'degC'],
  [0, 'K', -273.15, 'degC'],
  [25, 'degC', 298.15, 'K'],
  [1, 'mph', 0.44704, 'm/s'],
  [1, 'kn', 1.852, 'km/h'],
  [36, 'km/h', 10, 'm/s'],
  [1013.25, 'hPa', 101_325, 'Pa'],
  [1, 'atm', 101_325, 'Pa'],
  [1, 'psi', 6894.757293168361, 'Pa'],
  [760, 'mmHg', 101_325.0144354, 'Pa'],
  [1, 'inHg', 33.86388640341, 'hPa'],
  [1, 'nmi', 1852, 'm'],
  [1, 'mi', 5280, 'ft'],
  [1, 'yd', 36, 'in'],
  [1, 'acre', 43_560, 'ft2'],
  [1, 'gal', 3785.411784, 'mL'],
  [1, 'ft3', 28.316846592, 'L'],
  [1, 'lb', 16, 'oz'],
  [35, 'ug/m3', 0.035, 'mg/m3'],
  [1, 'mg/L', 1000, 'mg/m3'],
  [1, 'kWh', 3.6, 'MJ'],
  [1, 'kcal', 4184, 'J'],
  [1, 'hp', 745.6998715822702, 'W'],
  [180, 'deg', Math.PI, 'rad'],
  [1, 'turn', 360, 'deg'],
  [600, 'rpm', 10, 'Hz'],
  [1, 'GiB', 1024, 'MiB'],
  [8, 'bit', 1, 'B'],
  [5, '%', 0.05, '1'],
  [1, 'd', 1440, 'min'],
  [60, 'L/min', 3.6, 'm3/h'],
])('%d %s is %d %s', (value, from, expected, to) => {
  expect(convert(value, from, to)).toBeCloseTo(expected, 9);
  expect(convert(value, from, to) / (expected || 1)).toBeCloseTo(expected === 0 ? 0 : 1, 12);
});

test('every unit comes back from every other one of its dimension', () => {
  for (const units of unitNames().values()) {
    for (const from of units) {
      for (const to of units) {
        fc.assert(
          fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (value) => {
            const back = convert(convert(value, from, to), to, from);
            expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
          }),
          { numRuns: 3 },
        );
      }
    }
  }
});
