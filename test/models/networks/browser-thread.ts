// A thread of a network in a browser. Names of packages mean nothing in its workers, so it takes the kernels alone.
import { runThread, type ThreadSeat } from '../../../kernels/index.ts';

globalThis.onmessage = ({ data }: MessageEvent<ThreadSeat>) => runThread(data);
