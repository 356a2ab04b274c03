import type { DecodedBlock } from './column-block.ts';
import { type ChunkRequest, type Engine, type EngineFile, type EngineName, type EngineOptions, loadEngine } from './engine.ts';

/** Files that stay open for the next request: a system may allow 256 in a process, and what they keep beside it is memory. */
const MOST_OPEN = 64;

interface OpenFile {
  readonly path: string;
  readonly file: Promise<EngineFile>;
  /** Calls and streams that read it now. */
  users: number;
}

interface ChunkStream {
  readonly open: OpenFile;
  readonly chunks: AsyncGenerator<DecodedBlock>;
}

/** Decodes on request: files by path, chunk streams by number. Runs in the decoding thread, or in the caller's. */
export class EngineHost {
  readonly #engine: Promise<Engine>;
  /** Those used last come last. */
  readonly #files = new Map<string, OpenFile>();
  readonly #streams = new Map<number, ChunkStream>();

  constructor(engine: EngineName, options: EngineOptions) {
    // While the first request is still being made. Whether it can be loaded is told to those who ask.
    this.#engine = loadEngine(engine, options);
    this.#engine.catch(() => {});
  }

  /** Opens a file; resolves to its Arrow schema as an IPC stream. */
  async open(path: string): Promise<Uint8Array> {
    const open = this.#use(path);
    try {
      return await (await open.file).schema();
    } finally {
      this.#release(open);
    }
  }

  /** The next chunk of a stream, which the first call for its number starts; undefined after the last. Of a group that comes at once there is no other. */
  async next(stream: number, path: string, request: ChunkRequest): Promise<DecodedBlock | undefined> {
    const { chunks } = this.#streams.get(stream) ?? (await this.#begin(stream, path, request));
    let goesOn = false;
    try {
      const { done, value } = await chunks.next();
      goesOn = !done && !request.once && request.chunkRows < request.rows;
      return done ? undefined : value;
    } finally {
      if (!goesOn) await this.cancel(stream);
    }
  }

  /** Ends a stream that is not read to its end. */
  async cancel(stream: number): Promise<undefined> {
    const running = this.#streams.get(stream);
    if (running === undefined) return;
    this.#streams.delete(stream);
    await running.chunks.return(undefined);
    this.#release(running.open);
  }

  /** Closes all files; no call may be under way. */
  async end(): Promise<void> {
    for (const stream of [...this.#streams.keys()]) await this.cancel(stream);
    for (const open of this.#files.values()) await this.#close(open);
  }

  async #begin(stream: number, path: string, request: ChunkRequest): Promise<ChunkStream> {
    const open = this.#use(path);
    try {
      const begun = { open, chunks: (await open.file).chunks(request) };
      this.#streams.set(stream, begun);
      return begun;
    } catch (thrown) {
      this.#release(open);
      throw thrown;
    }
  }

  #use(path: string): OpenFile {
    const open = this.#files.get(path) ?? { path, file: this.#engine.then((engine) => engine.open(path)), users: 0 };
    open.users++;
    this.#files.delete(path);
    this.#files.set(path, open);
    for (const other of this.#files.values()) {
      if (this.#files.size <= MOST_OPEN) break;
      if (other.users === 0) void this.#close(other);
    }
    return open;
  }

  #release(open: OpenFile): void {
    open.users--;
  }

  async #close(open: OpenFile): Promise<void> {
    this.#files.delete(open.path);
    await open.file.then(
      (file) => file.close(),
      () => {},
    );
  }
}
