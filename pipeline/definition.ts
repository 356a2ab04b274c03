import type { Observable } from 'rxjs';
import type { BatchSchema, TypeMap } from '../columnar/index.ts';
import type { SinkDefinition, SourceDefinition, TopicDefinition, TopicsDefinition } from '../connectors/index.ts';
import { MillraceError, type StreamBatch } from '../streams/index.ts';
import type { HandoverDefinition } from './handover.ts';

/** Where a pipeline's rows come from: a topic of its home or several, a connector's own source, or one after the other. */
export type Input<T extends TypeMap = TypeMap> = TopicDefinition<T> | TopicsDefinition<T> | SourceDefinition<T> | HandoverDefinition<T>;
/** Where a pipeline's rows go. */
export type Output<T extends TypeMap = TypeMap> = TopicDefinition<T> | SinkDefinition<T>;

type ColumnsOfEnd<D> = D extends { readonly schema: BatchSchema<infer T> } ? T : TypeMap;

/** One stream per source, as `flow` gets them. */
export type InputStreams<I> = { readonly [K in keyof I]: Observable<StreamBatch<ColumnsOfEnd<I[K]>>> };
/** One stream per sink, as `flow` returns them. */
export type OutputStreams<O> = { readonly [K in keyof O]: Observable<StreamBatch<ColumnsOfEnd<O[K]>>> };

/** Copies a source into a topic beside the pipeline, with positions of its own: a replay, say. */
export interface FeedDefinition<T extends TypeMap = TypeMap> {
  readonly kind: 'feed';
  readonly from: SourceDefinition<T>;
  readonly to: TopicDefinition<T>;
  /** How fast event time passes: `max`, `realtime`, or a factor such as `100x`. */
  readonly speed: string;
}

/** What `definePipeline` takes. */
export interface PipelineOptions<I extends Record<string, Input>, O extends Record<string, Output>> {
  /** Names state, commit records and topics of the pipeline: letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  readonly sources: I;
  readonly sinks: O;
  /** Topic for what cannot be processed; default `<name>.rejects`. */
  readonly rejects?: string;
  /** Sources copied into topics while the pipeline runs. A run whose feeds have all ended ends when its tasks have drained. */
  readonly feeds?: Readonly<Record<string, FeedDefinition>>;
  /** Wires operators from sources to sinks. Called once per task; holds no state itself. */
  flow(streams: InputStreams<I>): OutputStreams<O>;
}

/** A pipeline: plain data and a function that wires operators. Building one runs nothing. */
export interface Pipeline {
  readonly kind: 'pipeline';
  readonly name: string;
  readonly sources: Readonly<Record<string, Input>>;
  readonly sinks: Readonly<Record<string, Output>>;
  readonly rejects: string;
  readonly feeds: Readonly<Record<string, FeedDefinition>>;
  flow(streams: Readonly<Record<string, Observable<StreamBatch>>>): Readonly<Record<string, Observable<StreamBatch>>>;
}

/**
 * Defines a pipeline. A file that `millrace run` takes exports it as `pipeline`.
 *
 * @throws MillraceError INVALID_PIPELINE for a name that cannot name topics, or a pipeline without sources or sinks.
 *
 * @example
 * export const pipeline = definePipeline({
 *   name: 'hot',
 *   sources: { readings: topic('readings', { schema: reading }) },
 *   sinks: { hot: topic('hot', { schema: reading }) },
 *   flow: ({ readings }) => ({ hot: flow(readings, filterRows(column('celsius').greaterThan(30))) }),
 * });
 */
export function definePipeline<I extends Record<string, Input>, O extends Record<string, Output>>(
  options: PipelineOptions<I, O>,
): Pipeline {
  const { name } = options;
  const refuse = (problem: string, hint: string) => {
    throw new MillraceError('INVALID_PIPELINE', problem, { hint });
  };
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(name)) refuse(`'${name}' cannot name a pipeline`, 'use letters, digits, . _ and -');
  if (Object.keys(options.sources).length === 0) refuse(`pipeline '${name}' has no source`, 'give sources: { ... }');
  if (Object.keys(options.sinks).length === 0) refuse(`pipeline '${name}' has no sink`, 'give sinks: { ... }');
  return {
    kind: 'pipeline',
    name,
    sources: options.sources,
    sinks: options.sinks,
    rejects: options.rejects ?? `${name}.rejects`,
    feeds: options.feeds ?? {},
    flow: options.flow as unknown as Pipeline['flow'],
  };
}

/** A feed that replays a source into a topic. */
export function replay<T extends TypeMap>(
  from: SourceDefinition<T>,
  options: { readonly to: TopicDefinition<T>; readonly speed?: string },
): FeedDefinition<T> {
  return { kind: 'feed', from, to: options.to, speed: options.speed ?? 'max' };
}
