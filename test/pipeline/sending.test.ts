import { describe, expect, it } from 'vitest';
import { Sending } from '../../pipeline/sending.ts';

describe('Sending', () => {
  it('begins a piece of work when the one before is through, and not sooner', async () => {
    const sending = new Sending();
    const first = Promise.withResolvers<void>();
    const begun: string[] = [];
    await sending.start(() => {
      begun.push('first');
      return first.promise;
    });
    const second = sending.start(async () => {
      begun.push('second');
    });
    await Promise.resolve();
    expect([begun, sending.busy]).toEqual([['first'], true]);
    first.resolve();
    await second;
    await sending.settle();
    expect([begun, sending.busy]).toEqual([['first', 'second'], false]);
  });

  it('tells a failure to all who come later, and begins nothing after it', async () => {
    const sending = new Sending();
    await sending.start(() => Promise.reject(new Error('no answer')));
    let begun = false;
    const later = sending.start(async () => {
      begun = true;
    });
    await expect(later).rejects.toThrow('no answer');
    await expect(sending.settle()).rejects.toThrow('no answer');
    expect(begun).toBe(false);
  });
});
