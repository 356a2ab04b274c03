import { expect, test } from 'vitest';
import { describeWith } from '../../require.ts';
import { goldenDigests } from './golden.ts';

/** A change here is a change of every trained model's bits: say so in the changelog. */
const GOLDEN = {
  dense: '05b27c81',
  single: '185af2b3',
  conv1d: '3e91334b',
  conv2d: 'd0d06456',
  deepConv2d: '98caaaa2',
  simpleRnn: '8bd505b7',
  gru: '053e2a1f',
  lstm: '550c0658',
  embedding: '5768d967',
};

test('1,000 steps of each family end with the recorded bits in Node', () => {
  expect(goldenDigests()).toEqual(GOLDEN);
});

describeWith('browser', 'networks in a browser', (browser) => {
  test('1,000 steps of each family end with the same bits in Chromium', async () => {
    const page = await browser.newPage();
    const digests = await page.evaluate(
      "const { goldenDigests } = await import('/test/models/networks/golden.ts'); return goldenDigests();",
    );
    expect(digests).toEqual(GOLDEN);
  });

  test('the kernels load on the main thread, at once or without holding it up', async () => {
    const page = await browser.newPage();
    const values = await page.evaluate(
      "const k = await import('/kernels/index.ts'); const now = k.createKernels(1000); await k.loadKernels(); return [k.exp(1), now.f32.length];",
    );
    expect(values).toEqual([Math.E, 16384]);
  });
});
