import type { StreamBatch } from '../../streams/index.ts';

/** When a row could be known: its event time, or later where it was derived from later rows. */
export function knownAt({ availableAt }: Pick<StreamBatch, 'availableAt'>, row: number, time: number): number {
  const derived = availableAt?.[row];
  return derived === undefined || !(derived > time) ? time : derived;
}
