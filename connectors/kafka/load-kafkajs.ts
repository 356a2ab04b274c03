import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { compileFunction } from 'node:vm';
import type { KafkaJs, ProducePartition } from './kafkajs-types.ts';
import { int16, int32, protocolString } from './protocol-bytes.ts';

const nodeRequire = createRequire(import.meta.url);

type Exports = unknown;
type Require = (name: string) => Exports;
/** Makes the exports of a module in place of its own code. */
type Replacement = (require: Require) => Exports;

let loaded: KafkaJs | undefined;

/**
 * Loads an instance of kafkajs of our own, with the modules that code and decode records replaced: fetched bytes come out as they are, and whole RecordBatches go in.
 * Its modules are run here and kept here, out of Node's module cache, so that an application's own kafkajs is never touched, also not by what kafkajs requires late.
 */
export function loadKafkaJs(): KafkaJs {
  if (loaded === undefined) {
    const folder = dirname(nodeRequire.resolve('kafkajs/package.json'));
    const require = moduleLoader(join(folder, 'src'));
    const { Cluster, createLogger, createSocketFactory } = {
      Cluster: require('./cluster') as KafkaJs['Cluster'],
      createLogger: (require('./loggers') as { createLogger: KafkaJs['createLogger'] }).createLogger,
      createSocketFactory: require('./network/socketFactory') as KafkaJs['createSocketFactory'],
    };
    loaded = { Cluster, createLogger, createSocketFactory };
  }
  return loaded;
}

function moduleLoader(root: string): Require {
  const modules = new Map<string, { exports: Exports }>();
  const requireFrom = (folder: string): Require => {
    return (name) => {
      if (!name.startsWith('.')) return nodeRequire(name);
      const path = resolveFile(join(folder, name));
      const known = modules.get(path);
      if (known !== undefined) return known.exports;
      const module: { exports: Exports } = { exports: {} };
      // Entered before it runs, as Node does: some modules require each other.
      modules.set(path, module);
      runModule(path, module);
      return module.exports;
    };
  };
  const runModule = (path: string, module: { exports: Exports }): void => {
    const require = requireFrom(dirname(path));
    const replacement = REPLACEMENTS.get(path.slice(root.length + 1).replaceAll(sep, '/'));
    if (replacement !== undefined) module.exports = replacement(require);
    else if (extname(path) === '.json') module.exports = JSON.parse(readFileSync(path, 'utf8'));
    else runCode(path, module, require);
    const wrap = WRAPPERS.get(path.slice(root.length + 1).replaceAll(sep, '/'));
    if (wrap !== undefined) module.exports = wrap(module.exports);
  };
  return requireFrom(root);
}

function runCode(path: string, module: { exports: Exports }, require: Require): void {
  const names = ['exports', 'require', 'module', '__filename', '__dirname', 'setTimeout'];
  const run = compileFunction(readFileSync(path, 'utf8'), names, { filename: path });
  run(module.exports, require, module, path, dirname(path), timeoutFromNow);
}

/** kafkajs asks for times in the past where nothing throttles it, which Node warns of. */
const timeoutFromNow = (run: () => void, delay: number) => setTimeout(run, Math.max(delay, 1));

function resolveFile(path: string): string {
  for (const candidate of [path, `${path}.js`, join(path, 'index.js')]) {
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile()) return candidate;
  }
  throw new Error(`kafkajs has no module ${path}; exactly version 2.2.4 is needed`);
}

const REPLACEMENTS: ReadonlyMap<string, Replacement> = new Map<string, Replacement>([
  ['protocol/requests/fetch/v4/decodeMessages.js', () => fetchedBytes],
  ['protocol/requests/produce/v3/request.js', produceRequest],
  ['protocol/request.js', () => framedRequest],
  // Under NODE_ENV=test kafkajs takes other times; ours are the same everywhere.
  ['retry/defaults.test.js', (require) => require('./defaults')],
]);

/** Changes what a module exports. */
const WRAPPERS: ReadonlyMap<string, (exports: Exports) => Exports> = new Map([
  ['network/connection.js', (exports) => connectingOnce(exports as typeof Connection)],
  ['protocol/requests/metadata/v0/response.js', (exports) => lenientMetadata(exports as MetadataResponse)],
]);

interface MetadataResponse {
  readonly decode: unknown;
  readonly parse: (data: MetadataFields) => Promise<unknown>;
}

interface MetadataFields {
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[];
  }[];
}

/**
 * kafkajs throws all metadata away when one replica of one partition of any topic is missing. Here an error counts when the one topic asked for has it; of many topics, those with an
 * error are left out; a partition without leader keeps leader -1.
 */
function lenientMetadata({ decode, parse }: MetadataResponse): Exports {
  return {
    decode,
    parse: (data: MetadataFields) => {
      const topics = data.topicMetadata;
      const usable = topics.length === 1 ? topics : topics.filter(({ topicErrorCode }) => topicErrorCode === 0);
      const quiet = usable.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((partition) => ({ ...partition, partitionErrorCode: 0 })),
      }));
      return parse({ ...data, topicMetadata: quiet });
    },
  };
}

interface BytesDecoder {
  readInt32(): number;
  canReadBytes(size: number): boolean;
  readBytes(size: number): Uint8Array;
}

/** In place of decoding messages: the bytes of one partition in a fetch response. */
async function fetchedBytes(decoder: BytesDecoder): Promise<Uint8Array> {
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return new Uint8Array(0);
  const bytes = decoder.readBytes(size);
  // Not a Buffer, whose slice would share memory.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A piece of a request as kafkajs hands it on: it reads nothing but `buffer`. */
interface EncodedPiece {
  readonly buffer: Buffer;
}

interface Request {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: { readonly apiKey: number; readonly apiVersion: number; encode(): Promise<EncodedPiece> };
}

/** In place of framing a request by copying it twice: length (4), key (2), version (2), correlation id (4), client id, then the request itself. */
async function framedRequest({ correlationId, clientId, request }: Request): Promise<EncodedPiece> {
  const { buffer } = await request.encode();
  const head = Buffer.alloc(12);
  head.writeInt16BE(request.apiKey, 4);
  head.writeInt16BE(request.apiVersion, 6);
  head.writeInt32BE(correlationId, 8);
  const client = protocolString(clientId);
  head.writeInt32BE(head.length - 4 + client.length + buffer.length);
  return { buffer: Buffer.concat([head, client, buffer]) };
}

interface ProduceFields {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
}

/** In place of encoding messages: a produce request (version 3, which 4 to 7 build on) around finished RecordBatches. */
function produceRequest(require: Require): Exports {
  const { Produce: apiKey } = require('../../apiKeys') as { readonly Produce: number };
  return ({ acks, timeout, transactionalId, topicData }: ProduceFields) => ({
    apiKey,
    apiVersion: 3,
    apiName: 'Produce',
    expectResponse: () => acks !== 0,
    encode: async () => {
      const head = [protocolString(transactionalId ?? null), int16(acks), int32(timeout), int32(topicData.length)];
      return { buffer: Buffer.concat([...head, ...topicData.flatMap(topicPieces)]) };
    },
  });
}

const topicPieces = ({ topic, partitions }: ProduceFields['topicData'][number]): Uint8Array[] => [
  protocolString(topic),
  int32(partitions.length),
  ...partitions.flatMap(({ partition, recordBatch }) => [int32(partition), int32(recordBatch.length), recordBatch]),
];

/** What the wrapper below needs of kafkajs' connection. */
declare class Connection {
  readonly host: string;
  readonly port: number;
  readonly connectionTimeout: number;
  socket: { readonly destroyed: boolean } | undefined;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** kafkajs opens a socket per request that comes while it connects, waits for ever when the broker hangs up before the handshake ends, and takes leave of closed sockets again and again. */
function connectingOnce(Original: typeof Connection): typeof Connection {
  return class extends Original {
    #connecting: Promise<unknown> | undefined;

    override connect(): Promise<unknown> {
      this.#connecting ??= this.#connectInTime().finally(() => {
        this.#connecting = undefined;
      });
      return this.#connecting;
    }

    // Each call adds a listener to the socket, also to one that is gone.
    override disconnect(): Promise<unknown> {
      if (this.socket?.destroyed === true) this.socket = undefined;
      return super.disconnect();
    }

    async #connectInTime(): Promise<unknown> {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(hungUp(this.host, this.port)), this.connectionTimeout + 100);
      try {
        return await Promise.race([super.connect(), late]);
      } finally {
        clearTimeout(timer);
      }
    }
  };
}

const hungUp = (host: string, port: number) =>
  Object.assign(new Error(`${host}:${port} hung up, or did not answer, before the connection stood`), {
    name: 'KafkaJSConnectionError',
    retriable: true,
  });
