import { expect, test } from 'vitest';
import { describeWith } from '../../require.ts';
import { goldenDigests } from './golden.ts';

/** A change here is a change of every trained model's bits: say so in the changelog. */
const GOLDEN = {
  dense: '14b9b40a',
  single: '644efcaf',
  conv1d: '2a3467e0',
  conv2d: '8866bbcf',
  deepConv2d: 'c4787907',
  simpleRnn: 'f0555464',
  gru: '37e458b7',
  lstm: '3817dacf',
  embedding: 'aaca89a6',
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
