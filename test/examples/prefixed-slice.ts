/**
 * The main job on its first three months, as a pipeline file for `millrace run`, with a prefix before the names of pipeline and topics (MILLRACE_SLICE_PREFIX), so that it can share a broker.
 */
import type { Pipeline } from 'millrace';
import { pipeline as slice } from '../pipeline/crash/air-quality-slice.ts';

const prefix = process.env.MILLRACE_SLICE_PREFIX ?? '';

const renamed = <Ends extends Readonly<Record<string, { readonly name: string }>>>(ends: Ends): Ends =>
  Object.fromEntries(Object.entries(ends).map(([key, end]) => [key, { ...end, name: prefix + end.name }])) as unknown as Ends;

export const pipeline: Pipeline = {
  ...slice,
  name: prefix + slice.name,
  sources: renamed(slice.sources),
  sinks: renamed(slice.sinks),
  rejects: prefix + slice.rejects,
  feeds: Object.fromEntries(
    Object.entries(slice.feeds).map(([name, feed]) => [name, { ...feed, to: { ...feed.to, name: prefix + feed.to.name } }]),
  ),
};
