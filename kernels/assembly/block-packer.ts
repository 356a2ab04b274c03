// Entry of the module that packs blocks of bytes in the formats that are not Node's own.

export { packLz4 } from './lz4-pack';
export { packSnappy } from './snappy-pack';
