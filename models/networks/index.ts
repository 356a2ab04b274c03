export { provideThreads, runThread, type SpawnThread, type ThreadSeat } from '../../kernels/index.ts';
export type { Activation } from './activations.ts';
export { type CompileOptions, compile } from './compile.ts';
export { input, type Model, model, sequential } from './graph.ts';
export {
  type Fans,
  fixedValues,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  zeros,
} from './initializers.ts';
export { activation, leakyRelu, softmax } from './layers/activation.ts';
export { type Conv1dOptions, type Conv2dOptions, conv1d, conv2d } from './layers/convolution.ts';
export { type DenseOptions, dense } from './layers/dense.ts';
export { embedding } from './layers/embedding.ts';
export { gru } from './layers/gru.ts';
export type { Padding, Pair } from './layers/image.ts';
export type { Layer, ModelNode } from './layers/layer.ts';
export { type LstmOptions, lstm } from './layers/lstm.ts';
export {
  averagePool1d,
  averagePool2d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
  type Pool1dOptions,
  type Pool2dOptions,
} from './layers/pooling.ts';
export type { RecurrentOptions } from './layers/recurrent.ts';
export { dropout, layerNorm } from './layers/regularization.ts';
export { add, concatenate, flatten } from './layers/reshaping.ts';
export { type SimpleRnnOptions, simpleRnn } from './layers/simple-rnn.ts';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  halfSquaredError,
  huber,
  type Loss,
  meanAbsoluteError,
  meanSquaredError,
  quantile,
} from './losses.ts';
export { layersOf, type ModelLayer } from './model-layers.ts';
export { Network, type NetworkParts } from './network.ts';
export { type AdamOptions, adam, adamw } from './optimizers/adam.ts';
export type { LearningRate, Optimizer, Schedule, UpdateArguments } from './optimizers/optimizer.ts';
export { type AdagradOptions, adagrad, type RmspropOptions, rmsprop } from './optimizers/rmsprop.ts';
export { cosineDecay, inverseTimeDecay, stepDecay, warmup } from './optimizers/schedules.ts';
export { type MomentumOptions, momentum, nesterov, type SgdOptions, sgd } from './optimizers/sgd.ts';
export type { Shape } from './shape.ts';
export { summary } from './summary.ts';
export type { ThreadOptions, Threads } from './thread.ts';
export { type Dataset, type EpochReport, lossOf, type TrainOptions, type TrainReport, train } from './train.ts';
