// Numbers that plans use for activations. Read by TypeScript and by the AssemblyScript kernels alike.

export const LINEAR = 0;
export const RELU = 1;
export const SIGMOID = 2;
export const TANH = 3;
export const LEAKY_RELU = 4;
export const GELU = 5;
