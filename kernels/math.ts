// Elementary functions whose bits do not depend on the engine: JavaScript leaves the last digits of Math.exp and its like to each engine.
// They are software versions compiled into a small WebAssembly module, within 1 unit in the last place (tests measure it).

import { compiledModule } from './compiled-module.ts';
import { MATH_WASM } from './kernels.generated.ts';

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

const functions = new WebAssembly.Instance(compiledModule(MATH_WASM)).exports;

/** e^x. */
export const exp = functions.exp as Unary;
/** e^x - 1, accurate near 0. */
export const expm1 = functions.expm1 as Unary;
/** Natural logarithm. */
export const log = functions.log as Unary;
/** ln(1 + x), accurate near 0. */
export const log1p = functions.log1p as Unary;
export const log2 = functions.log2 as Unary;
export const log10 = functions.log10 as Unary;
/** x to the power y. */
export const pow = functions.pow as Binary;
/** Sine of radians, for arguments of any size. */
export const sin = functions.sin as Unary;
export const cos = functions.cos as Unary;
export const tan = functions.tan as Unary;
export const asin = functions.asin as Unary;
export const acos = functions.acos as Unary;
export const atan = functions.atan as Unary;
/** Angle of the point (x, y): note the order (y, x), as in Math.atan2. */
export const atan2 = functions.atan2 as Binary;
export const sinh = functions.sinh as Unary;
export const cosh = functions.cosh as Unary;
export const tanh = functions.tanh as Unary;
/** Cube root. */
export const cbrt = functions.cbrt as Unary;
/** Square root of x^2 + y^2 without overflow. */
export const hypot = functions.hypot as Binary;
