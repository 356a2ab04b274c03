import { afterAll, beforeAll } from 'vitest';
import type { Home } from '../../connectors/index.ts';

export { commitRecord, keysOf, readAll, recordsOf, valuesOf } from './plain-records.ts';

/** A store that a contract suite works on. */
export interface HomeFixture {
  /** Another handle on the same store. */
  open(): Promise<Home>;
  /** Deletes the store after the suite. */
  dispose?(): Promise<void>;
}

/** What tests of a suite use: one handle for most of them, more on request, all closed at the end; and names that no other test uses. */
export interface HomeUnderTest {
  readonly home: Home;
  open(): Promise<Home>;
  /** A name for a topic or task that is unique within the store. */
  unique(name: string): string;
}

/** Registers hooks that open and close the store around the tests of the current block. */
export function useHome(make: () => Promise<HomeFixture>): HomeUnderTest {
  let fixture: HomeFixture | undefined;
  const handles: Home[] = [];
  const stamp = `${process.pid}-${Math.floor(performance.timeOrigin + performance.now()).toString(36)}`;
  let names = 0;
  const open = async () => {
    const handle = await (fixture as HomeFixture).open();
    handles.push(handle);
    return handle;
  };
  beforeAll(async () => {
    fixture = await make();
    await open();
  });
  afterAll(async () => {
    for (const handle of handles) await handle.close();
    await fixture?.dispose?.();
  });
  return {
    get home() {
      return handles[0] as Home;
    },
    open,
    unique: (name) => `${name}-${stamp}-${names++}`,
  };
}
