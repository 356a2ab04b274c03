import { compiledModule } from './compiled-module.ts';

const PAGE = 65_536;

/** An embedded module's functions over a new memory of at least `bytes`, all zero but for the module's own data at its beginning. */
export function instantiate<Functions>(
  base64: string,
  bytes = PAGE,
): { readonly functions: Functions; readonly memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const { exports } = new WebAssembly.Instance(compiledModule(base64), { env: { memory } });
  return { functions: exports as unknown as Functions, memory };
}
