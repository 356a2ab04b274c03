import type { KernelFunctions } from './kernel-functions.ts';

/** Kernels that an optimizer's update may call in another thread: they return nothing, so they can be called later. A recorded call names one by its place here. */
export const UPDATE_CALLS = ['sgdUpdate', 'momentumUpdate', 'adagradUpdate', 'rmspropUpdate', 'adamUpdate', 'scaleBy', 'addInto'] as const;

/** Most calls of one update. */
export const MOST_UPDATE_CALLS = 4;

/** Numbers that a recorded call takes: the kernel's place, how many arguments follow, the arguments. */
export const UPDATE_CALL_NUMBERS = 18;

/** Makes the calls of a recorded update: their count, then the calls. */
export function playUpdate(recorded: Float64Array, functions: KernelFunctions): void {
  for (let call = 0; call < recorded[0]!; call++) {
    const from = 1 + call * UPDATE_CALL_NUMBERS;
    const kernel = functions[UPDATE_CALLS[recorded[from]!]!] as (...numbers: readonly number[]) => void;
    kernel(...recorded.subarray(from + 2, from + 2 + recorded[from + 1]!));
  }
}
