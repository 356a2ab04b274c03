import { closeSync, openSync, readSync } from 'node:fs';
import { flatChunks } from '../decode/flat-chunks.ts';
import { PageMemory } from '../decode/page-memory.ts';
import { Scratch } from '../decode/unpack-page.ts';
import type { DecodedBlock } from './column-block.ts';
import type { ChunkRequest, Engine, EngineFile, EngineOptions } from './engine.ts';
import type { LibraryFile } from './library-file.ts';

/** Flat columns by our own decoder, all else by parquet-wasm, which is loaded when it is first needed. */
export function wasmEngine({ pages, wholeGroups = false }: EngineOptions): Engine {
  const scratch = new Scratch(new PageMemory(pages));
  return { open: async (path) => new WasmFile(path, scratch, wholeGroups) };
}

class WasmFile implements EngineFile {
  readonly #path: string;
  readonly #file: number;
  readonly #wholeGroups: boolean;
  readonly #scratch: Scratch;
  #opened: Promise<LibraryFile> | undefined;
  readonly #readAt = (into: Uint8Array, position: number): void => {
    if (readSync(this.#file, into, 0, into.length, position) < into.length) throw new RangeError('the file ends within it');
  };

  constructor(path: string, scratch: Scratch, wholeGroups: boolean) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    this.#wholeGroups = wholeGroups;
    this.#scratch = scratch;
  }

  async schema(): Promise<Uint8Array> {
    return (await this.#library()).schema();
  }

  /** What is flat is decoded here; whatever turns out not to be decodable so, by the library, which also has the last word on what is damaged. */
  async *chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock> {
    let given = 0;
    if (request.flat !== undefined) {
      try {
        for (const columns of flatChunks(this.#readAt, request.flat, request, this.#scratch)) {
          yield { columns };
          given += columns[0]?.length ?? 0;
        }
        return;
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown;
      }
    }
    yield* (await this.#library()).chunks({ ...request, skip: request.skip + given });
  }

  #library(): Promise<LibraryFile> {
    this.#opened ??= import('./library-file.ts').then(({ LibraryFile }) => new LibraryFile(this.#path, this.#readAt, this.#wholeGroups));
    return this.#opened;
  }

  close(): void {
    closeSync(this.#file);
    this.#opened?.then(
      (library) => library.close(),
      () => {},
    );
  }
}
