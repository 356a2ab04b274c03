import { workerData } from 'node:worker_threads';
import { runThread, type ThreadSeat } from '../../models/networks/index.ts';

runThread(workerData as ThreadSeat);
