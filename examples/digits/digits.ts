/**
 * A convolutional network reads handwritten digits: the second of the article's examples, with its errors put right (docs/errata.md). Convolution, relu,
 * max-pooling by 2, a dense layer of 10, softmax cross-entropy.
 *
 * Run: node --conditions=millrace-source examples/digits/digits.ts            on the 8 x 8 digits beside it
 *      node --conditions=millrace-source examples/digits/digits.ts FOLDER     on MNIST's 28 x 28 files: 50,000 rows to learn, 10,000 to test
 */
import { pathToFileURL } from 'node:url';
import {
  adam,
  categoricalCrossentropy,
  compile,
  conv2d,
  cosineDecay,
  dense,
  flatten,
  maxPool2d,
  type Network,
  sequential,
  train,
} from 'millrace/models';
import { type Images, readMnist, readOptdigits, slice } from './images.ts';

const BATCH = 32;

export interface DigitsReport {
  readonly network: Network;
  /** Share of the test images read correctly after each pass. */
  readonly accuracies: readonly number[];
}

/** Share of images whose largest output is their digit. */
export function accuracy(network: Network, images: Images): number {
  const outputs = network.predictMany(images.features, images.count);
  let right = 0;
  for (let row = 0; row < images.count; row++) {
    const scores = outputs.subarray(row * 10, row * 10 + 10);
    if (images.targets[row * 10 + scores.indexOf(Math.max(...scores))] === 1) right++;
  }
  return right / images.count;
}

/** Trains on `data` for at most `passes`, or until the test images are read with the wanted accuracy. */
export function learnDigits(
  data: Images,
  test: Images,
  options: { kernelSize: number; passes: number; wanted: number; seed?: number; progress?: (text: string) => void },
): DigitsReport {
  const { kernelSize, passes, wanted, seed = 1, progress } = options;
  const layers = [conv2d(32, kernelSize, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)];
  const network = compile(sequential(layers, { inputShape: [data.size, data.size, 1] }), {
    loss: categoricalCrossentropy(),
    optimizer: adam({ learningRate: cosineDecay(2e-3, passes * Math.ceil(data.count / BATCH)) }),
    seed,
  });
  const accuracies: number[] = [];
  const { features, targets } = data;
  train(
    network,
    { features, targets },
    {
      epochs: passes,
      batchRows: BATCH,
      seed,
      ...(progress && { progress }),
      onEpoch: () => {
        accuracies.push(accuracy(network, test));
        return accuracies.at(-1)! < wanted;
      },
    },
  );
  return { network, accuracies };
}

/** The 28 x 28 form: kernel 5, learned on the first 50,000 images, tested on the last 10,000. */
export function learnMnist(
  images: Images,
  options: { passes?: number; wanted?: number; progress?: (text: string) => void } = {},
): DigitsReport {
  const { passes = 3, wanted = 1, progress } = options;
  const rest = { kernelSize: 5, passes, wanted, ...(progress && { progress }) };
  return learnDigits(slice(images, 0, 50_000), slice(images, images.count - 10_000, images.count), rest);
}

/** The 8 x 8 form: kernel 3, learned on the first 3,000 images, tested on the other 823. */
export function learnOptdigits(passes = 10, progress?: (text: string) => void): DigitsReport {
  const images = readOptdigits();
  const rest = { kernelSize: 3, passes, wanted: 1, ...(progress && { progress }) };
  return learnDigits(slice(images, 0, 3000), slice(images, 3000, images.count), rest);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2];
  const mnist = folder === undefined ? undefined : readMnist(folder);
  if (folder !== undefined && mnist === undefined)
    throw new Error(`${folder} lacks train-images-idx3-ubyte.gz or train-labels-idx1-ubyte.gz`);
  const progress = (text: string): void => void process.stdout.write(text);
  const { accuracies } = mnist === undefined ? learnOptdigits(10, progress) : learnMnist(mnist, { progress });
  console.log(
    `accuracy on images not seen in training, after each pass: ${accuracies.map((value) => `${(100 * value).toFixed(2)} %`).join(', ')}`,
  );
}
