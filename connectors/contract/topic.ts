import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import type { Format } from './format.ts';

/** A topic in a pipeline definition: as a source, as a sink, or both. Plain data. */
export interface TopicDefinition<T extends TypeMap> {
  readonly kind: 'topic';
  readonly name: string;
  readonly schema: BatchSchema<T>;
  readonly format: Format;
  /** Partitions when the topic has to be created. */
  readonly partitions: number;
  /** Event times may arrive this much out of order, ms: the watermark lags by it. */
  readonly allowedLateness: number;
}
