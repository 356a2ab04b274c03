/**
 * Units of measure by what they measure. A value in a unit is (value - zero) x numerator / denominator in the first unit of its kind; kept as two factors, because 5 / 9 has no exact number but 5 and 9
 * have. Factors are exact by definition (international yard and pound of 1959; SI brochure, 9th edition; US gallon; thermochemical calorie), but for `deg`, `turn`, `hp` and `inHg`, which are rounded to double.
 */
const UNITS = {
  temperature: { degC: [1, 1, 0], degF: [5, 9, 32], K: [1, 1, 273.15] },
  speed: { 'm/s': [1, 1], 'km/h': [1, 3.6], mph: [1609.344, 3600], kn: [1852, 3600], 'ft/s': [0.3048, 1] },
  pressure: {
    Pa: [1, 1],
    hPa: [100, 1],
    kPa: [1000, 1],
    MPa: [1e6, 1],
    mbar: [100, 1],
    bar: [1e5, 1],
    atm: [101_325, 1],
    mmHg: [133.322387415, 1],
    inHg: [3386.388640341, 1],
    psi: [4.4482216152605, 0.00064516],
  },
  length: {
    m: [1, 1],
    um: [1, 1e6],
    mm: [1, 1000],
    cm: [1, 100],
    km: [1000, 1],
    in: [0.0254, 1],
    ft: [0.3048, 1],
    yd: [0.9144, 1],
    mi: [1609.344, 1],
    nmi: [1852, 1],
  },
  area: { m2: [1, 1], cm2: [1, 1e4], km2: [1e6, 1], ha: [1e4, 1], ft2: [0.09290304, 1], acre: [4046.8564224, 1] },
  volume: { m3: [1, 1], L: [1, 1000], mL: [1, 1e6], ft3: [0.028316846592, 1], gal: [3.785411784, 1000] },
  mass: { kg: [1, 1], ug: [1, 1e9], mg: [1, 1e6], g: [1, 1000], t: [1000, 1], lb: [0.45359237, 1], oz: [0.028349523125, 1] },
  concentration: { 'kg/m3': [1, 1], 'g/m3': [1, 1000], 'mg/m3': [1, 1e6], 'ug/m3': [1, 1e9], 'mg/L': [1, 1000] },
  flow: { 'm3/s': [1, 1], 'm3/h': [1, 3600], 'L/s': [1, 1000], 'L/min': [1, 60_000] },
  time: { s: [1, 1], ns: [1, 1e9], us: [1, 1e6], ms: [1, 1000], min: [60, 1], h: [3600, 1], d: [86_400, 1] },
  frequency: { Hz: [1, 1], kHz: [1000, 1], MHz: [1e6, 1], GHz: [1e9, 1], rpm: [1, 60] },
  energy: { J: [1, 1], kJ: [1000, 1], MJ: [1e6, 1], Wh: [3600, 1], kWh: [3.6e6, 1], MWh: [3.6e9, 1], cal: [4.184, 1], kcal: [4184, 1] },
  power: { W: [1, 1], mW: [1, 1000], kW: [1000, 1], MW: [1e6, 1], hp: [745.6998715822702, 1] },
  voltage: { V: [1, 1], mV: [1, 1000], kV: [1000, 1] },
  current: { A: [1, 1], mA: [1, 1000] },
  angle: { rad: [1, 1], deg: [Math.PI, 180], turn: [2 * Math.PI, 1] },
  data: {
    B: [1, 1],
    bit: [1, 8],
    kB: [1000, 1],
    MB: [1e6, 1],
    GB: [1e9, 1],
    TB: [1e12, 1],
    KiB: [1024, 1],
    MiB: [1_048_576, 1],
    GiB: [1_073_741_824, 1],
  },
  share: { '1': [1, 1], '%': [1, 100], ppm: [1, 1e6], ppb: [1, 1e9] },
} as const satisfies Record<string, Record<string, readonly [numerator: number, denominator: number, zero?: number]>>;

/** What units measure. */
export type Dimension = keyof typeof UNITS;

/** The units of a dimension. */
export type UnitOf<D extends Dimension> = keyof (typeof UNITS)[D] & string;

/** From one unit to another one of the same dimension. */
export type UnitChange = { [D in Dimension]: { readonly from: UnitOf<D>; readonly to: UnitOf<D> } }[Dimension];

/** All units by dimension, for messages and pages. */
export const unitNames = (): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(UNITS).map(([dimension, units]) => [dimension, Object.keys(units)]));

/** A change of units as arithmetic: (value - lower) x factor / divisor + raise. */
export interface Conversion {
  readonly lower: number;
  readonly factor: number;
  readonly divisor: number;
  readonly raise: number;
}

/** The arithmetic of a change of units, or one clause that says why there is none. */
export function conversionOf({ from, to }: { readonly from: string; readonly to: string }): Conversion | string {
  const [source, target] = [find(from), find(to)];
  const unknown = source === undefined ? from : target === undefined ? to : undefined;
  if (source === undefined || target === undefined) return `there is no unit '${unknown}'`;
  if (source.dimension !== target.dimension) return `'${from}' measures ${source.dimension}, '${to}' ${target.dimension}`;
  return {
    lower: source.zero,
    factor: source.numerator * target.denominator,
    divisor: source.denominator * target.numerator,
    raise: target.zero,
  };
}

function find(unit: string) {
  for (const [dimension, units] of Object.entries(UNITS)) {
    const found = (units as Record<string, readonly [number, number, number?]>)[unit];
    if (found !== undefined && Object.hasOwn(units, unit))
      return { dimension, numerator: found[0], denominator: found[1], zero: found[2] ?? 0 };
  }
  return undefined;
}
