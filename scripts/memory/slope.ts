/** Memory of this process at a time. */
export interface MemorySample {
  readonly minutes: number;
  readonly megabytes: number;
}

const SAMPLE_EVERY = 250;

/** Samples the resident memory of this process until it is stopped. */
export class MemorySamples {
  readonly samples: MemorySample[] = [];
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      this.samples.push({ minutes: (performance.now() - this.#started) / 60_000, megabytes: process.memoryUsage.rss() / 1024 / 1024 });
    }, SAMPLE_EVERY);
  }

  stop(): { readonly seconds: number; readonly mostMegabytes: number; readonly megabytesPerMinute: readonly number[] } {
    clearInterval(this.#timer);
    return {
      seconds: Math.round((performance.now() - this.#started) / 1000),
      mostMegabytes: Math.round(Math.max(...this.samples.map(({ megabytes }) => megabytes))),
      megabytesPerMinute: [0, 1, 2, 3].map((quarter) => Number(slope(this.#quarter(quarter)).toFixed(3))),
    };
  }

  /** Slope over the last half, MB per minute. */
  get lastHalf(): number {
    return Number(slope(this.samples.slice(Math.floor(this.samples.length / 2))).toFixed(3));
  }

  #quarter(quarter: number): readonly MemorySample[] {
    const size = this.samples.length / 4;
    return this.samples.slice(Math.floor(quarter * size), Math.floor((quarter + 1) * size));
  }
}

/** Slope in MB per minute, by least squares. */
export function slope(samples: readonly MemorySample[]): number {
  const mean = (read: (sample: MemorySample) => number) => samples.reduce((sum, sample) => sum + read(sample), 0) / samples.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  const covariance = samples.reduce((sum, { minutes, megabytes }) => sum + (minutes - x) * (megabytes - y), 0);
  const variance = samples.reduce((sum, { minutes }) => sum + (minutes - x) * (minutes - x), 0);
  return covariance / variance;
}
