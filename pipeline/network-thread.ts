/** A thread of a network. Started by spawnThread. */
import { workerData } from 'node:worker_threads';
import { runThread, type ThreadSeat } from '../kernels/index.ts';

runThread(workerData as ThreadSeat);
