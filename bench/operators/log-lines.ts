import { makeBatch, schema, utf8, utf8Data } from '../../columnar/index.ts';
import { Random } from '../../kernels/index.ts';
import { type StreamBatch, streamBatch } from '../../streams/index.ts';
import { BATCH } from './stream-data.ts';

const lineSchema = schema({ line: utf8() });

/** Messages of a storage cluster, made up: what varies is numbers, addresses, ids, names and paths. */
const MESSAGES: readonly ((random: Random) => string)[] = [
  (r) => `Received block blk_${r.integer(1e9)} of size ${r.integer(1e8)} from /10.250.${r.integer(255)}.${r.integer(255)}`,
  (r) => `PacketResponder ${r.integer(3)} for block blk_${r.integer(1e9)} terminating`,
  (r) => `Failed password for user${r.integer(50)} from 192.168.${r.integer(255)}.${r.integer(255)} port ${r.integer(65_536)} ssh2`,
  (r) => `session ${r.integer(1e6)} opened for user ${['root', 'admin', 'anna', 'bob'][r.integer(4)]} by (uid=${r.integer(2000)})`,
  (r) => `GET /api/v1/items/${r.integer(1e6)} took ${r.integer(900)} ms status=${200 + r.integer(300)}`,
  (r) => `disk ${['sda', 'sdb', 'sdc'][r.integer(3)]} temperature ${r.integer(60)} C on node-${r.integer(400)}`,
  (r) =>
    `connection from ${['alpha', 'beta', 'gamma'][r.integer(3)]}.example.org:${r.integer(65_536)} closed, ${r.integer(1e6)} bytes (${r.integer(900)}.5 KB) sent`,
  () => 'heartbeat ok',
];

/** Seeded log lines, half of them of the two most frequent messages. */
export function linesData(lines: number): StreamBatch[] {
  const random = new Random(9);
  const next = () =>
    (MESSAGES[random.uniform() < 0.5 ? random.integer(2) : random.integer(MESSAGES.length)] as (r: Random) => string)(random);
  return Array.from({ length: Math.ceil(lines / BATCH) }, (_, part) =>
    streamBatch(makeBatch(lineSchema, [utf8Data(Array.from({ length: Math.min(BATCH, lines - part * BATCH) }, next))]), {
      firstOrdinal: part * BATCH,
    }),
  );
}
