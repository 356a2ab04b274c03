import type { KernelFunctions } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Optimizer, UpdateArguments } from './optimizers/optimizer.ts';
import { CALL_NUMBERS, MOST_CALLS } from './training-seat.ts';

/** Kernels that an update may call in another thread: they return nothing, so they can be called later. A call names them by their place here. */
const CALLABLE = ['sgdUpdate', 'momentumUpdate', 'adagradUpdate', 'rmspropUpdate', 'adamUpdate', 'scaleBy', 'addInto'] as const;

/**
 * Writes down the kernel calls of one update, so that a thread without the optimizer can make them: an optimizer's schedules are functions, which no thread can be handed, but what
 * an update calls depends on the number of the step alone.
 *
 * @throws MillraceError INVALID_OPTION for an optimizer that reads values while it updates.
 */
export function recordUpdate(optimizer: Optimizer, update: Omit<UpdateArguments, 'functions'>, into: Float64Array): void {
  const refuse = (what: string): never => {
    throw new MillraceError('INVALID_OPTION', `the optimizer '${optimizer.name}' cannot train beside: an update ${what}`, {
      hint: 'leave out beside, or take one of the optimizers of millrace/models',
    });
  };
  let calls = 0;
  const functions = new Proxy({} as KernelFunctions, {
    get: (_, name) => {
      const number = CALLABLE.indexOf(name as (typeof CALLABLE)[number]);
      if (number < 0) return refuse(`calls ${String(name)}`);
      return (...numbers: number[]) => {
        if (calls === MOST_CALLS || numbers.length > CALL_NUMBERS - 2) refuse(`makes more than ${MOST_CALLS} calls`);
        into.set([number, numbers.length, ...numbers], 1 + calls++ * CALL_NUMBERS);
      };
    },
  });
  optimizer.update({ ...update, functions });
  into[0] = calls;
}

/** Makes the calls of a recorded update. */
export function playUpdate(recorded: Float64Array, functions: KernelFunctions): void {
  for (let call = 0; call < recorded[0]!; call++) {
    const from = 1 + call * CALL_NUMBERS;
    const numbers = recorded.subarray(from + 2, from + 2 + recorded[from + 1]!);
    const kernel = functions[CALLABLE[recorded[from]!]!] as (...numbers: readonly number[]) => void;
    kernel(...numbers);
  }
}
