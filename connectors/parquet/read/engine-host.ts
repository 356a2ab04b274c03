import type { DecodedBlock } from './column-block.ts';
import { type ChunkRequest, type EngineFile, type EngineName, type EngineOptions, loadEngine } from './engine.ts';

/** Decodes on request: files by path, chunk streams by number. Runs in the decoding thread, or in the caller's. */
export class EngineHost {
  readonly #engine: EngineName;
  readonly #options: EngineOptions;
  readonly #files = new Map<string, Promise<EngineFile>>();
  readonly #streams = new Map<number, AsyncGenerator<DecodedBlock>>();

  constructor(engine: EngineName, options: EngineOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Opens a file; resolves to its Arrow schema as an IPC stream. */
  async open(path: string): Promise<Uint8Array> {
    return (await this.#file(path)).schema();
  }

  /** The next chunk of a stream, which the first call for its number starts; undefined after the last. Of a group that comes at once there is no other. */
  async next(stream: number, path: string, request: ChunkRequest): Promise<DecodedBlock | undefined> {
    const running = this.#streams.get(stream) ?? (await this.#file(path)).chunks(request);
    this.#streams.set(stream, running);
    const chunk = await running.next();
    if (chunk.done) this.#streams.delete(stream);
    else if (request.chunkRows >= request.rows) await this.cancel(stream);
    return chunk.done ? undefined : chunk.value;
  }

  /** Ends a stream that is not read to its end. */
  async cancel(stream: number): Promise<undefined> {
    await this.#streams.get(stream)?.return(undefined);
    this.#streams.delete(stream);
  }

  /** Closes all files; no call may be under way. */
  async end(): Promise<void> {
    for (const stream of [...this.#streams.keys()]) await this.cancel(stream);
    for (const file of this.#files.values())
      await file.then(
        (open) => open.close(),
        () => {},
      );
    this.#files.clear();
  }

  #file(path: string): Promise<EngineFile> {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = loadEngine(this.#engine).then((engine) => engine.open(path, this.#options));
      this.#files.set(path, file);
    }
    return file;
  }
}
