import { expect, test } from 'vitest';
import { ArenaError, createKernels, instantiateKernels, kernelModule, loadKernels } from '../../kernels/index.ts';
import { KERNELS_WASM, MATH_WASM, SHARED_KERNELS_WASM } from '../../kernels/kernels.generated.ts';

const bytesOf = (base64: string): number => atob(base64).length;

test('the modules are small: together at most 80 KB for one thread', () => {
  expect(bytesOf(KERNELS_WASM) + bytesOf(MATH_WASM)).toBeLessThanOrEqual(80_000);
  expect(bytesOf(SHARED_KERNELS_WASM)).toBeLessThanOrEqual(80_000);
});

test('a module needs nothing but a memory', async () => {
  await loadKernels();
  expect(WebAssembly.Module.imports(kernelModule(false))).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});

test('arenas are zeroed, apart, or shared by instances', () => {
  const [first, second] = [createKernels(100_000), createKernels(100_000)];
  expect(first.f32.length * 4).toBeGreaterThanOrEqual(100_000);
  first.f32[5000] = 1;
  expect(second.f32[5000]).toBe(0);
  const shared = createKernels(100_000, true);
  expect(shared.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  const other = instantiateKernels(kernelModule(true), shared.memory);
  shared.f32[5000] = 3;
  expect(other.f32[5000]).toBe(3);
});

test('an arena that cannot be had gives an error with its size', () => {
  expect(() => createKernels(5e9)).toThrow(ArenaError);
  expect(() => createKernels(5e9)).toThrow(/5000000000 bytes is over the 4 GiB/);
});
