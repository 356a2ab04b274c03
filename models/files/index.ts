export { loadWeights, type ModelCard, type ModelFileOptions, type ModelFiles, saveModel } from './model-file.ts';
export { type NamedTensor, readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.ts';
