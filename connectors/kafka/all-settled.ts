/**
 * Like Promise.all, but waits for all before it throws the first failure: a batch that is still under way when its transaction is aborted would arrive behind the abort, and stay
 * undecided (Kafka's KIP-890).
 */
export async function allSettled<Results extends readonly unknown[]>(
  promises: {
    readonly [K in keyof Results]: Promise<Results[K]>;
  },
): Promise<Results> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as Results;
}
