import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../kernels/index.ts';
import {
  adam,
  compile,
  dense,
  gru,
  type Layer,
  meanAbsoluteError,
  meanSquaredError,
  type Network,
  sequential,
  sgd,
} from '../../../models/networks/index.ts';

describe('a network that has changed', () => {
  const shape = { inputShape: [5, 3] };
  const built = (head: readonly Layer[], { seed = 3, optimizer = adam() } = {}) =>
    compile(sequential([gru(6), ...head], shape), { loss: meanAbsoluteError(), optimizer, seed });
  const rows = 8;
  const features = Float32Array.from({ length: rows * 15 }, (_, i) => ((i * 37) % 19) / 10 - 0.9);
  const targets = (outputs: number) => Float32Array.from({ length: rows * outputs }, (_, i) => (i % 5) / 5);

  function trained(): Network {
    const network = built([dense(4), dense(2)]);
    for (let step = 0; step < 5; step++) network.learnMany(features, targets(2), rows);
    return network;
  }

  test('keeps the layers that fit, weights and moments, and says which', () => {
    const before = trained();
    const network = built([dense(4), dense(3)], { seed: 9 });
    const fresh = network.weights();
    expect(network.adopt(before.snapshot())).toEqual({ kept: ['gru', 'dense'], fresh: ['dense_1'] });
    expect(network.steps).toBe(5);
    for (const [name, values] of network.weights()) {
      expect(values, name).toEqual(name.startsWith('dense_1') ? fresh.get(name) : before.weights().get(name));
    }
  });

  test('of the same layers goes on as if nothing had changed: the moments came along', () => {
    const before = trained();
    const network = built([dense(4), dense(2)], { seed: 3 });
    expect(network.adopt(before.snapshot())).toEqual({ kept: ['gru', 'dense', 'dense_1'], fresh: [] });
    expect(network.snapshot()).toEqual(before.snapshot());
    for (const each of [network, before]) each.learnMany(features, targets(2), rows);
    expect(network.snapshot()).toEqual(before.snapshot());
  });

  test('with another optimizer keeps the weights alone', () => {
    const network = built([dense(4), dense(2)], { optimizer: sgd({ learningRate: 0.1 }) as never });
    expect(network.adopt(trained().snapshot())).toEqual({ kept: ['gru', 'dense', 'dense_1'], fresh: ['optimizer'] });
    expect(network.weights()).toEqual(trained().weights());
  });

  test('that nothing fits begins anew', () => {
    const network = compile(sequential([dense(2)], { inputShape: [4] }), { loss: meanSquaredError(), optimizer: adam(), seed: 1 });
    const before = network.snapshot();
    expect(network.adopt(trained().snapshot())).toEqual({ kept: [], fresh: ['dense'] });
    expect(network.snapshot()).toEqual(before);
  });

  test('is refused what is damaged, and what does not tell its layers', () => {
    const bytes = trained().snapshot();
    const network = built([dense(4), dense(3)]);
    const before = network.snapshot();
    for (let at = 0; at < bytes.length; at += 13) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      expect(() => network.adopt(damaged)).toThrow(/cannot (restore|take)/);
    }
    expect(network.snapshot()).toEqual(before);
  });

  test('reads snapshots of version 1, which did not tell its layers, as a whole', () => {
    const network = trained();
    const old = versionOne(network.snapshot());
    const restored = built([dense(4), dense(2)]);
    restored.restore(old);
    expect(restored.snapshot()).toEqual(network.snapshot());
    expect(() => restored.adopt(old)).toThrow(/version 1 does not tell its layers/);
  });
});

/** A snapshot as version 1 wrote it: without the list of parameters. */
function versionOne(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const padded = (length: number) => (length + 3) & ~3;
  const list = 36 + padded(view.getUint32(32, true));
  const behind = list + 4 + padded(view.getUint32(list, true));
  const old = new Uint8Array(bytes.length - (behind - list));
  old.set(bytes.subarray(0, list));
  old.set(bytes.subarray(behind), list);
  const written = new DataView(old.buffer);
  written.setUint32(4, 1, true);
  written.setUint32(old.length - 4, crc32c(old.subarray(0, old.length - 4)), true);
  return old;
}
