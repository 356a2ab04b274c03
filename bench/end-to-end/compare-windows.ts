import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Home } from '../../connectors/index.ts';
import { recordText } from './records.ts';

const PYTHON = join(import.meta.dirname, '..', '.venv', 'bin', 'python');
const DUCKDB = join(import.meta.dirname, 'duckdb-windows.py');
const BLOCK = 100_000;
const READ_BYTES = 8 * 1024 * 1024;
const LINE_FEED = 0x0a;

function writeRecords(file: string, rows: number): void {
  const out = openSync(file, 'w');
  for (let from = 0; from < rows; from += BLOCK) {
    const lines = Array.from({ length: Math.min(BLOCK, rows - from) }, (_, row) => `${recordText(from + row).text}\n`);
    writeSync(out, lines.join(''));
  }
  closeSync(out);
}

/** The committed values of a topic, one a line. */
async function writeTopic(file: string, { topics }: Home, topic: string): Promise<void> {
  const out = openSync(file, 'w');
  for (const { partition, start, end } of await topics.list(topic)) {
    for (let offset = start; offset < end; ) {
      const { count, bytes, valueStart, valueLength, offset: offsets } = await topics.read(topic, partition, offset, READ_BYTES);
      if (count === 0) break;
      for (let record = 0; record < count; record++) {
        const from = valueStart[record] as number;
        writeSync(out, bytes, from, valueLength[record] as number);
        writeSync(out, Uint8Array.of(LINE_FEED));
      }
      offset = (offsets[count - 1] as number) + 1;
    }
  }
  closeSync(out);
}

/**
 * Compares the published windows with what duckdb computes from the same records, value by value; throws when one differs. Does nothing without bench/.venv.
 */
export async function compareWindows(home: Home, topic: string, rows: number): Promise<void> {
  if (!existsSync(PYTHON)) return;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const [records, windows] = [join(folder, 'records.jsonl'), join(folder, 'windows.jsonl')];
    writeRecords(records, rows);
    await writeTopic(windows, home, topic);
    const { stdout, stderr, status } = spawnSync(PYTHON, [DUCKDB, records, windows], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`duckdb: ${stderr}`);
    const result = JSON.parse(stdout) as { windows: number; published: number; differing: number; example: string | null };
    if (result.differing > 0 || result.windows !== result.published)
      throw new Error(
        `duckdb has ${result.windows} windows, ${result.published} are published, ${result.differing} differ: ${result.example}`,
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
