import type { ProducePartition } from './kafkajs-types.ts';
import { int16, int32, protocolString } from './protocol-bytes.ts';

interface BytesDecoder {
  readInt32(): number;
  canReadBytes(size: number): boolean;
  readBytes(size: number): Uint8Array;
}

/** In place of decoding messages: the bytes of one partition in a fetch response. */
export async function fetchedBytes(decoder: BytesDecoder): Promise<Uint8Array> {
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return new Uint8Array(0);
  const bytes = decoder.readBytes(size);
  // Not a Buffer, whose slice would share memory.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A request's body as kafkajs makes it, or in pieces. */
type EncodedBody = { readonly buffer: Uint8Array } | { readonly pieces: readonly Uint8Array[] };

interface Request {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: { readonly apiKey: number; readonly apiVersion: number; encode(): Promise<EncodedBody> };
}

/** In place of framing a request by copying it again and again: length (4), key (2), version (2), correlation id (4), client id, then the request itself. */
export async function framedRequest({ correlationId, clientId, request }: Request): Promise<{ readonly buffer: Buffer }> {
  const body = await request.encode();
  const pieces = 'pieces' in body ? body.pieces : [body.buffer];
  const head = Buffer.alloc(12);
  head.writeInt16BE(request.apiKey, 4);
  head.writeInt16BE(request.apiVersion, 6);
  head.writeInt32BE(correlationId, 8);
  const client = protocolString(clientId);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  head.writeInt32BE(head.length - 4 + client.length + size);
  return { buffer: Buffer.concat([head, client, ...pieces]) };
}

interface ProduceFields {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
}

/** In place of encoding messages: a produce request (version 3, which 4 to 7 build on) around finished RecordBatches. */
export function produceRequest(apiKey: number) {
  return ({ acks, timeout, transactionalId, topicData }: ProduceFields) => ({
    apiKey,
    apiVersion: 3,
    apiName: 'Produce',
    expectResponse: () => acks !== 0,
    encode: async () => {
      const head = [protocolString(transactionalId ?? null), int16(acks), int32(timeout), int32(topicData.length)];
      return { pieces: [...head, ...topicData.flatMap(topicPieces)] };
    },
  });
}

const topicPieces = ({ topic, partitions }: ProduceFields['topicData'][number]): Uint8Array[] => [
  protocolString(topic),
  int32(partitions.length),
  ...partitions.flatMap(({ partition, recordBatch }) => [int32(partition), int32(recordBatch.length), recordBatch]),
];
