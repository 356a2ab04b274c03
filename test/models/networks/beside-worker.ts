/** A thread that trains a network with a pause before each job: a slow trainer, where the pause is long. */
import { workerData } from 'node:worker_threads';
import { type ThreadSeat, TrainingLoop, type TrainingSeat } from '../../../kernels/index.ts';

const { seat, pause, failAt } = workerData as { readonly seat: ThreadSeat; readonly pause: number; readonly failAt: number | undefined };
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const loop = new TrainingLoop(seat.module, seat.memory, seat.training as TrainingSeat);
for (let job = 1; loop.next(); job++) {
  if (pause > 0) Atomics.wait(sleeper, 0, 0, pause);
  if (job === failAt) {
    loop.fail(new Error('the step was made to fail'));
    break;
  }
  loop.make();
}
