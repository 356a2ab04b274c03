/** The main job without its replay, as a pipeline file for `millrace run --drain`: it reads what a test has published to `readings`. */
import type { Pipeline } from 'millrace';
import { pipeline as whole } from '../../examples/air-quality/pipeline.ts';

export const pipeline: Pipeline = { ...whole, feeds: {} };
