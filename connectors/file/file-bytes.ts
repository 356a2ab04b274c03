import { createReadStream, type ReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';

/** The bytes of a file as its records see them: unpacked where it is packed. */
export interface FileBytes {
  /** Bytes from `from` on, `size` of them unless the file ends before. */
  read(from: number, size: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Whether a file is unpacked while it is read. */
export const isPacked = (path: string): boolean => path.endsWith('.gz');

/** Opens a file; one whose name ends with `.gz` is unpacked. */
export async function openBytes(path: string): Promise<FileBytes> {
  return isPacked(path) ? new GzipBytes(path) : new PlainBytes(await open(path));
}

class PlainBytes implements FileBytes {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(from: number, size: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await this.#handle.read(new Uint8Array(size), 0, size, from);
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** What unpacking has given and is not behind the reader yet. Reading goes forward; from further back it begins anew at the file's beginning. */
class GzipBytes implements FileBytes {
  readonly #path: string;
  #file: ReadStream | undefined;
  #gunzip: Gunzip | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** Unpacked bytes from position `#start` on. */
  #kept: Uint8Array[] = [];
  #start = 0;
  #size = 0;
  #ended = false;

  constructor(path: string) {
    this.#path = path;
  }

  async read(from: number, size: number): Promise<Uint8Array> {
    if (this.#chunks === undefined || from < this.#start) this.#begin();
    while (!this.#ended && this.#start + this.#size < from + size) {
      const chunk = await (this.#chunks as AsyncIterator<Uint8Array>).next();
      if (chunk.done === true) this.#ended = true;
      else this.#keep(chunk.value, from);
    }
    const kept = this.#kept.length === 1 ? (this.#kept[0] as Uint8Array) : Buffer.concat(this.#kept);
    const behind = Math.min(Math.max(from - this.#start, 0), kept.length);
    this.#kept = [kept.subarray(behind)];
    this.#start += behind;
    this.#size = kept.length - behind;
    return (this.#kept[0] as Uint8Array).subarray(0, size);
  }

  #keep(chunk: Uint8Array, from: number): void {
    // What lies before the position asked for is only passed.
    if (this.#start + this.#size + chunk.length <= from && this.#size === 0) {
      this.#start += chunk.length;
      return;
    }
    this.#kept.push(chunk);
    this.#size += chunk.length;
  }

  #begin(): void {
    this.#stop();
    this.#file = createReadStream(this.#path);
    const gunzip = createGunzip();
    this.#file.on('error', (thrown) => gunzip.destroy(thrown));
    this.#gunzip = this.#file.pipe(gunzip);
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#kept = [];
    this.#start = 0;
    this.#size = 0;
    this.#ended = false;
  }

  #stop(): void {
    this.#file?.destroy();
    this.#gunzip?.destroy();
  }

  async close(): Promise<void> {
    this.#stop();
    this.#kept = [];
  }
}
