import { MillraceError } from '../../streams/index.ts';
import type { Fault, FaultPlan } from './faults.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A worker's process: once dead, nothing of it ever goes on. */
export interface SimulatedProcess {
  readonly name: string;
  alive: boolean;
}

/** A fault that happened, and at which request. */
export interface FiredFault extends Fault {
  readonly place: string;
}

/** What the simulation does about faults that concern more than one request. */
export interface FaultHandlers {
  kill(process: SimulatedProcess): void;
  move(process: SimulatedProcess, task: string, seize: boolean): void;
}

/** Virtual time that a request takes, ms. */
const LATENCY = 1;

/**
 * Everything that a task asks of its store goes through here, and waits here: each request is numbered, and may be delayed, refused, answered late or never, or be the last thing that its
 * process did.
 */
export class Network {
  readonly fired: FiredFault[] = [];
  /** Requests so far. */
  points = 0;
  readonly #time: VirtualTime;
  readonly #plan: FaultPlan;
  readonly #handlers: FaultHandlers;
  #held: { after: number; readonly deliver: () => void }[] = [];

  constructor(time: VirtualTime, plan: FaultPlan, handlers: FaultHandlers) {
    this.#time = time;
    this.#plan = plan;
    this.#handlers = handlers;
  }

  /** One request of a process. `effect` is what it does to the store, given at most how many rows may be answered. */
  call<R>(
    process: SimulatedProcess,
    request: { readonly task: string; readonly what: string },
    effect: (rows: number) => Promise<R>,
  ): Promise<R> {
    if (!process.alive) return NEVER as Promise<R>;
    const point = ++this.points;
    const faults = new Map(this.#plan(point).map((fault) => [fault.kind, fault]));
    const place = `${process.name}: ${request.what} of ${request.task}`;
    this.fired.push(...[...faults.values()].map((fault) => ({ ...fault, place })));
    if (faults.has('kill-before')) {
      this.#handlers.kill(process);
      return NEVER as Promise<R>;
    }
    const unavailable = () => new MillraceError('UNAVAILABLE', `${place}: no answer`, { retry: 'backoff' });
    return new Promise<R>((resolve, reject) => {
      const answer = (deliver: () => void) => this.#answer(process, faults.get('reorder')?.amount ?? 0, deliver);
      const arrive = async () => {
        if (faults.has('refuse')) return answer(() => reject(unavailable()));
        const settled = await Promise.allSettled([effect(faults.get('cut')?.amount ?? Number.POSITIVE_INFINITY)]);
        if (faults.has('kill-after')) return this.#handlers.kill(process);
        if (faults.has('move') || faults.has('seize')) this.#handlers.move(process, request.task, faults.has('seize'));
        if (faults.has('lose')) return answer(() => reject(unavailable()));
        const [result] = settled;
        answer(() => (result.status === 'fulfilled' ? resolve(result.value) : reject(result.reason)));
      };
      this.#time.after(LATENCY + (faults.get('delay')?.amount ?? 0), arrive);
    });
  }

  /** Hands an answer to its process, now or once others have overtaken it. */
  #answer(process: SimulatedProcess, overtaken: number, deliver: () => void): void {
    const toLiving = () => {
      if (process.alive) deliver();
    };
    if (overtaken > 0) {
      const held = { after: overtaken, deliver: toLiving };
      this.#held.push(held);
      // With nobody left to overtake it, it comes all the same.
      this.#time.after(LATENCY * 50, () => this.#release(held));
      return;
    }
    toLiving();
    for (const held of [...this.#held]) if (--held.after <= 0) this.#release(held);
  }

  #release(held: { readonly deliver: () => void }): void {
    if (!this.#held.some((waiting) => waiting === held)) return;
    this.#held = this.#held.filter((waiting) => waiting !== held);
    held.deliver();
  }
}

const NEVER: Promise<unknown> = new Promise(() => {});
