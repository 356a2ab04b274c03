import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/require-setup.ts'],
    // Sources run as they are: the condition makes `millrace` mean the folders beside this file.
    testTimeout: 20_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
  resolve: { conditions: ['millrace-source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['millrace-source', 'module', 'node', 'import', 'default'] } },
});
