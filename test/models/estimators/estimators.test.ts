import { adam, compile, dense, gru, meanAbsoluteError, sequential } from '../../../models/index.ts';
import { estimatorSuite } from '../../contract/estimator-suite.ts';
import { LinearEstimator } from './linear-estimator.ts';

estimatorSuite('linear regression of the tests', {
  make: () => new LinearEstimator({ inputSize: 5, outputSize: 3, learningRate: 0.2 }),
});

estimatorSuite('dense network', {
  make: (seed) =>
    compile(sequential([dense(16, { activation: 'relu' }), dense(3)], { inputShape: [5] }), {
      loss: meanAbsoluteError(),
      optimizer: adam({ learningRate: 5e-3 }),
      seed,
    }),
});

estimatorSuite('recurrent network', {
  make: (seed) =>
    compile(sequential([gru(8), dense(2)], { inputShape: [6, 3] }), {
      loss: meanAbsoluteError(),
      optimizer: adam({ learningRate: 1e-2 }),
      seed,
    }),
});
