import { defineConfig } from 'vitest/config';

// The condition makes `millrace` mean the sources beside this file, so tests run without a build.
const conditions = ['millrace-source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/require-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // Processes, not threads: tests kill, trap signals and load WebAssembly.
    pool: 'forks',
  },
});
