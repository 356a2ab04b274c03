import type { KafkaRequest } from './kafka-frames.ts';

/** Errors after which a client has to look for the leader or coordinator again, and try once more. */
const NOT_LEADER = 6;
const COORDINATOR_LOADING = 14;
const NOT_COORDINATOR = 16;

/** An answer that refuses a request of one of the simple APIs, or undefined where it would have to name partitions. Only for versions without tagged fields. */
export function answerWithError({ api, version, correlation }: KafkaRequest): Buffer | undefined {
  if (version > 1) return undefined;
  if (api === 'EndTxn' || api === 'AddOffsetsToTxn') return answer(correlation, 6, (body) => body.writeInt16BE(NOT_COORDINATOR, 4));
  // Throttle time int32, error int16, producer id int64, producer epoch int16.
  if (api === 'InitProducerId') {
    return answer(correlation, 16, (body) => {
      body.writeInt16BE(COORDINATOR_LOADING, 4);
      body.writeBigInt64BE(-1n, 6);
      body.writeInt16BE(-1, 14);
    });
  }
  return undefined;
}

function answer(correlation: number, size: number, fill: (body: Buffer) => void): Buffer {
  const frame = Buffer.alloc(8 + size);
  frame.writeInt32BE(4 + size, 0);
  frame.writeInt32BE(correlation, 4);
  fill(frame.subarray(8));
  return frame;
}

/** The broker's answer with an error for each partition in it. */
export function setErrors({ api, version }: KafkaRequest, frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  // Behind size and correlation id: throttle time int32 where there is one.
  if (api === 'AddPartitionsToTxn' || api === 'TxnOffsetCommit')
    eachPartition(changed, 12, 6, (at) => changed.writeInt16BE(NOT_COORDINATOR, at + 4));
  // Partition int32, error int16, base offset int64, time int64, and from version 5 the log's start int64.
  if (api === 'Produce') eachPartition(changed, 8, version >= 5 ? 30 : 22, (at) => changed.writeInt16BE(NOT_LEADER, at + 4));
  if (api === 'Fetch') setFetchErrors(changed, version);
  return changed;
}

/** Walks `[topic, [partition]]` arrays whose partitions have a fixed size. */
function eachPartition(frame: Buffer, from: number, size: number, visit: (at: number) => void): void {
  let at = from + 4;
  for (let topics = frame.readInt32BE(from); topics > 0; topics--) {
    at += 2 + frame.readInt16BE(at);
    const partitions = frame.readInt32BE(at);
    at += 4;
    for (let partition = 0; partition < partitions; partition++, at += size) visit(at);
  }
}

/** Version 7 and later: throttle int32, error int16, session int32, topics; before: throttle int32, topics. The first partition's error is enough. */
function setFetchErrors(frame: Buffer, version: number): void {
  const from = version >= 7 ? 8 + 10 : 8 + 4;
  if (frame.readInt32BE(from) === 0) return;
  const partitions = from + 4 + 2 + frame.readInt16BE(from + 4);
  if (frame.readInt32BE(partitions) > 0) frame.writeInt16BE(NOT_LEADER, partitions + 4 + 4);
}
