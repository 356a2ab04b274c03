import { type KernelFunctions, MOST_UPDATE_CALLS, UPDATE_CALL_NUMBERS, UPDATE_CALLS } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Optimizer, UpdateArguments } from './optimizers/optimizer.ts';

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
      const number = UPDATE_CALLS.indexOf(name as (typeof UPDATE_CALLS)[number]);
      if (number < 0) return refuse(`calls ${String(name)}`);
      return (...numbers: number[]) => {
        if (calls === MOST_UPDATE_CALLS || numbers.length > UPDATE_CALL_NUMBERS - 2) refuse(`makes more than ${MOST_UPDATE_CALLS} calls`);
        into.set([number, numbers.length, ...numbers], 1 + calls++ * UPDATE_CALL_NUMBERS);
      };
    },
  });
  optimizer.update({ ...update, functions });
  into[0] = calls;
}
