import { adam, compile, dense, gru, meanAbsoluteError, type Network, sequential } from '../../models/index.ts';

/** The network of the pipeline files that change: as wide as they have columns, with one output per lead. */
export const network = (columns: number, leads: number): Network =>
  compile(sequential([gru(6), dense(4), dense(leads)], { inputShape: [4, columns] }), {
    loss: meanAbsoluteError(),
    optimizer: adam(),
    seed: 3,
  });
