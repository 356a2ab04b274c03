// Numbers that plans use for losses. Read by TypeScript and by the AssemblyScript kernels alike.

export const HALF_SQUARED_ERROR = 0;
export const MEAN_SQUARED_ERROR = 1;
export const MEAN_ABSOLUTE_ERROR = 2;
export const HUBER = 3;
export const QUANTILE = 4;
export const BINARY_CROSS_ENTROPY = 5;
export const CATEGORICAL_CROSS_ENTROPY = 6;
