import { adam, compile, concatenate, dense, gru, input, meanAbsoluteError, model, seasonalNaive } from '../../../models/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { FEATURES, hours } from './hours.ts';
import { learnHours, stream } from './learn-hours.ts';

/** A recurrent layer over one copy of the features as a sequence, a dense one over the other. */
function network() {
  const sequence = input([FEATURES, 1]);
  const now = input([FEATURES]);
  const both = concatenate().apply(gru(5).apply(sequence), dense(4, { activation: 'relu' }).apply(now));
  return compile(model({ inputs: [sequence, now], outputs: [dense(2).apply(both)] }), {
    loss: meanAbsoluteError(),
    optimizer: adam({ learningRate: (step) => 1e-2 / Math.sqrt(1 + step / 50) }),
    seed: 4,
  });
}

operatorSuite('learn with a recurrent network', {
  make: () =>
    learnHours({
      estimator: network,
      features: ['sequence', 'sequence'],
      batchRows: 5,
      replay: { samples: 30 },
      baseline: seasonalNaive('known', { season: '6h' }),
    }),
  input: hours(stream(300)),
  reads: 'sequence',
  required: ['at'],
});
