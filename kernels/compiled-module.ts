const modules = new Map<string, WebAssembly.Module>();

/** An embedded module, compiled on first use and kept: compiling takes longer than any step. */
export function compiledModule(base64: string): WebAssembly.Module {
  const module = modules.get(base64) ?? new WebAssembly.Module(bytesOf(base64));
  modules.set(base64, module);
  return module;
}

/** Compiles an embedded module without holding up the thread. */
export async function compileAhead(base64: string): Promise<void> {
  if (!modules.has(base64)) modules.set(base64, await WebAssembly.compile(bytesOf(base64)));
}

/** `atob` is in every browser, worker and Node. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
