import type { Engine } from './engine.ts';
export const parquetjsEngine: Engine = {
  open: async () => {
    throw new Error('not yet');
  },
};
