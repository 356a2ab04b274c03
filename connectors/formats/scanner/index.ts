export { type BlockCopy, copyBlock, extentOf, isScattered } from './block-copy.ts';
export { ScannerDictionary } from './scanner-dictionary.ts';
export { ScannerMemory } from './scanner-memory.ts';
