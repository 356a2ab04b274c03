import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// The condition makes `millrace` mean the sources beside this file, so tests run without a build.
const conditions = ['millrace-source', 'module', 'node', 'import', 'default'];

/** Folders whose code is pure: no processes, files, clocks or globals. Their tests share workers, which saves loading every module once per file: more than half of their time. */
const PURE = ['test/columnar/**/*.test.ts', 'test/operators/**/*.test.ts'];

// Processes, not threads: tests kill, trap signals and load WebAssembly.
const shared = { testTimeout: 20_000, hookTimeout: 120_000, pool: 'forks' } as const;

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which on two cores means one test file at a time; but many files wait for timers, processes and brokers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { ...shared, name: 'pure', include: PURE, isolate: false },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { ...shared, name: 'isolated', include: ['test/**/*.test.ts'], exclude: PURE, globalSetup: ['test/require-setup.ts'] },
      },
    ],
  },
});
