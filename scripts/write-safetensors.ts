// Writes networks of test/models/files with their predictions, for scripts/torch-safetensors.py to check: node scripts/write-safetensors.ts FOLDER

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../kernels/index.ts';
import { saveModel } from '../models/files/index.ts';
import { FILE_CASES, fileNetwork } from '../test/models/files/networks.ts';

const ROWS = 4;
const folder = process.argv[2]!;
mkdirSync(folder, { recursive: true });
const random = new Random(5);
const cases: Record<string, unknown> = {};
for (const name of FILE_CASES) {
  const network = fileNetwork(name);
  const draw = (): number => (name === 'lstm' ? random.integer(9) : random.normal());
  const features = Float32Array.from({ length: ROWS * network.inputSize }, draw);
  const targets = Float32Array.from({ length: ROWS * network.outputSize }, () => random.normal());
  for (let step = 0; step < 20; step++) network.learnMany(features, targets, ROWS);
  writeFileSync(join(folder, `${name}.safetensors`), saveModel(network).weights);
  cases[name] = { features: [...features], output: [...network.predictMany(features, ROWS)] };
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
