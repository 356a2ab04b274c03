import { writeSync } from 'node:fs';

/** Written at a time: a page of a column of few bytes is not worth a call. */
const BUFFER_BYTES = 1024 * 1024;

/** Writes bytes to an open file, one after the other. */
export class FileOutput {
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #held = 0;
  #file = -1;
  #position = 0;

  begin(file: number, position: number): void {
    this.#file = file;
    this.#position = position;
    this.#held = 0;
  }

  append(bytes: Uint8Array): void {
    if (this.#held + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) this.#write(bytes);
    else {
      this.#buffer.set(bytes, this.#held);
      this.#held += bytes.length;
    }
  }

  /** Writes what is held; returns where the bytes end. */
  finish(): number {
    this.#flush();
    return this.#position;
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#held));
    this.#held = 0;
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const written = writeSync(this.#file, bytes, at, bytes.length - at, this.#position);
      this.#position += written;
      at += written;
    }
  }
}
