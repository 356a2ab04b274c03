import { Random } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Network } from './network.ts';

/** Finite data: rows x inputSize and rows x outputSize, row-major. */
export interface Dataset {
  readonly features: Float32Array;
  readonly targets: Float32Array;
  /** rows x outputSize, or one per row. */
  readonly weights?: Float32Array;
}

export interface TrainOptions {
  /** The most passes over the data. */
  readonly epochs: number;
  /** Rows per step, default 32. The last step of a pass takes what is left. */
  readonly batchRows?: number;
  /** Default true: a new order each pass, from `seed`. */
  readonly shuffle?: boolean;
  /** Of the shuffling, default 0. */
  readonly seed?: number;
  /** Held out: its loss is measured after each pass. */
  readonly validation?: Dataset;
  /** Stops when the watched loss (validation's where there is one) has not fallen by `minimumChange` for `patience` passes. */
  readonly earlyStopping?: {
    readonly patience: number;
    readonly minimumChange?: number /** Default true. */;
    readonly restoreBest?: boolean;
  };
  /** Stops as soon as a pass's training loss is at most this. */
  readonly targetLoss?: number;
  /** Called after each pass; returning false stops. */
  readonly onEpoch?: (epoch: EpochReport) => boolean | undefined;
  /** Receives the progress bar's text, such as `(text) => process.stdout.write(text)`; default: none. */
  readonly progress?: (text: string) => void;
}

/** One pass over the data. */
export interface EpochReport {
  /** 1, 2, ... */
  readonly epoch: number;
  /** Mean of the steps' losses, each by its rows; measured while training, so a little behind the network. */
  readonly loss: number;
  readonly validationLoss?: number;
  /** validationLoss - loss: what the network has learned by heart. */
  readonly gap?: number;
  readonly skippedSteps: number;
}

export interface TrainReport {
  readonly epochs: readonly EpochReport[];
  readonly stopped: 'epochs' | 'converged' | 'targetLoss' | 'callback';
  /** The pass whose weights the network now has. */
  readonly epoch: number;
}

/**
 * Trains on finite data: passes over the rows in mini-batches, with shuffling, validation, early stopping and a progress bar.
 *
 * @example
 * const report = train(network, data, { epochs: 50, validation, earlyStopping: { patience: 5 } });
 * console.log(report.epochs.at(-1)?.gap);
 */
export function train(network: Network, data: Dataset, options: TrainOptions): TrainReport {
  const rows = rowsOf(network, data, 'data');
  const { epochs, shuffle = true, validation, earlyStopping, targetLoss = Number.NEGATIVE_INFINITY } = options;
  const batchRows = Math.min(options.batchRows ?? 32, Math.max(rows, 1));
  for (const [name, value] of Object.entries({ epochs, batchRows })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new MillraceError('INVALID_OPTION', `${name} is ${value}, but must be a positive whole number`);
  }
  if (validation !== undefined) rowsOf(network, validation, 'validation data');
  const random = new Random(options.seed ?? 0);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const batch = new BatchGatherer(network, data, rows, batchRows);
  const best = new BestEpoch(network, earlyStopping);
  const reports: EpochReport[] = [];
  let stopped: TrainReport['stopped'] = 'epochs';
  for (let epoch = 1; epoch <= epochs; epoch++) {
    if (shuffle) random.shuffle(order);
    const skippedBefore = network.skippedSteps;
    const loss = onePass(network, batch, order, batchRows, (done) => options.progress?.(progressBar(epoch, epochs, done / rows)));
    const validationLoss = validation && lossOf(network, validation);
    const measured = validationLoss === undefined ? {} : { validationLoss, gap: validationLoss - loss };
    const report = { epoch, loss, ...measured, skippedSteps: network.skippedSteps - skippedBefore };
    reports.push(report);
    options.progress?.(`${progressBar(epoch, epochs, 1)}  ${describeEpoch(report)}\n`);
    best.see(epoch, validationLoss ?? loss);
    if (options.onEpoch?.(report) === false) stopped = 'callback';
    else if (loss <= targetLoss) stopped = 'targetLoss';
    else if (best.hasConverged(epoch)) stopped = 'converged';
    if (stopped !== 'epochs') break;
  }
  return { epochs: reports, stopped, epoch: best.restore(reports.length) };
}

/** Mean loss of the network on data, without learning from it. */
export function lossOf(network: Network, data: Dataset): number {
  const rows = rowsOf(network, data, 'data');
  return rows === 0 ? 0 : network.evaluate(data.features, data.targets, rows, data.weights);
}

function rowsOf(network: Network, data: Dataset, name: string): number {
  const rows = data.features.length / network.inputSize;
  if (Number.isInteger(rows) && data.targets.length === rows * network.outputSize) return rows;
  throw new MillraceError(
    'INVALID_OPTION',
    `${name} hold ${data.features.length} features and ${data.targets.length} targets, which is no whole number of rows of ${network.inputSize} and ${network.outputSize}`,
  );
}

/** Copies the rows of a mini-batch side by side. */
class BatchGatherer {
  private readonly fields: { source: Float32Array; target: Float32Array; width: number }[];

  constructor(network: Network, data: Dataset, rows: number, batchRows: number) {
    const field = (source: Float32Array, width: number) => ({ source, target: new Float32Array(batchRows * width), width });
    this.fields = [field(data.features, network.inputSize), field(data.targets, network.outputSize)];
    if (data.weights !== undefined) this.fields.push(field(data.weights, data.weights.length === rows ? 1 : network.outputSize));
  }

  gather(order: Uint32Array, first: number, count: number): [Float32Array, Float32Array, Float32Array | undefined] {
    const parts = this.fields.map(({ source, target, width }) => {
      for (let i = 0; i < count; i++) {
        const row = order[first + i]! * width;
        target.set(source.subarray(row, row + width), i * width);
      }
      return target.subarray(0, count * width);
    });
    return [parts[0]!, parts[1]!, parts[2]];
  }
}

function onePass(
  network: Network,
  batch: BatchGatherer,
  order: Uint32Array,
  batchRows: number,
  onProgress: (done: number) => void,
): number {
  let total = 0;
  let counted = 0;
  const every = Math.max(1, Math.floor(order.length / batchRows / 40));
  for (let first = 0, step = 0; first < order.length; first += batchRows, step++) {
    const count = Math.min(batchRows, order.length - first);
    const [features, targets, weights] = batch.gather(order, first, count);
    const { loss, skipped } = network.learnMany(features, targets, count, weights);
    if (!skipped) {
      total += loss * count;
      counted += count;
    }
    if (step % every === 0) onProgress(first);
  }
  return counted === 0 ? Number.NaN : total / counted;
}

/** Remembers the pass with the least loss, and its weights where they are to be restored. */
class BestEpoch {
  private readonly network: Network;
  private readonly options: TrainOptions['earlyStopping'];
  private least = Number.POSITIVE_INFINITY;
  private epoch = 0;
  private weights: Uint8Array | undefined;

  constructor(network: Network, options: TrainOptions['earlyStopping']) {
    this.network = network;
    this.options = options;
  }

  see(epoch: number, loss: number): void {
    if (!(loss < this.least - (this.options?.minimumChange ?? 0))) return;
    this.least = loss;
    this.epoch = epoch;
    if (this.options !== undefined && this.options.restoreBest !== false) this.weights = this.network.snapshot();
  }

  hasConverged(epoch: number): boolean {
    return this.options !== undefined && epoch - this.epoch >= this.options.patience;
  }

  restore(lastEpoch: number): number {
    if (this.weights === undefined || this.epoch === lastEpoch) return lastEpoch;
    this.network.restore(this.weights);
    return this.epoch;
  }
}

function progressBar(epoch: number, epochs: number, share: number): string {
  const filled = Math.round(share * 30);
  return `\rEpoch ${epoch}/${epochs} [${'='.repeat(filled)}${' '.repeat(30 - filled)}]`;
}

function describeEpoch(report: EpochReport): string {
  const { loss, validationLoss, gap } = report;
  const shown = (value: number): string => value.toPrecision(4);
  if (validationLoss === undefined) return `loss ${shown(loss)}`;
  return `loss ${shown(loss)}  validation ${shown(validationLoss)}  gap ${shown(gap!)}`;
}
