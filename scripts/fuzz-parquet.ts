// Decodes random Parquet files of every flat type, cut anywhere, whole and damaged: the values that were written; of damaged bytes as many rows, or a refusal.
// Never a crash, a hang, or memory beyond what the pages take.
// node --conditions=millrace-source scripts/fuzz-parquet.ts [FILES] [SEED]
import { rowJson } from '../connectors/parquet/read/row-json.ts';
import { Random } from '../kernels/index.ts';
import { attempt, footerOf, ownBatches, ownRows, randomBatch, randomFile } from '../test/connectors/parquet/decode/own-rows.ts';

const DAMAGES = 20;
const [files = 2_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
console.log(`seed ${seed}`);
const random = new Random(seed);
const counts = { files: 0, damaged: 0, refused: 0 };

function same(left: readonly string[], right: readonly string[], about: string): void {
  const row = left.findIndex((text, index) => text !== right[index]);
  if (left.length !== right.length || row >= 0) throw new Error(`${about}: row ${row}: ${left[row]} is not ${right[row]}`);
}

function damage(file: Uint8Array, end: number): Uint8Array {
  const changed = file.slice();
  for (let changes = 1 + random.integer(3); changes > 0; changes--) {
    const at = 4 + random.integer(end - 4);
    const bits = 1 + random.integer(255);
    for (let i = at; i < Math.min(end, at + 1 + random.integer(8)); i++) changed[i] = (changed[i] as number) ^ bits;
  }
  return changed;
}

const started = performance.now();
for (; counts.files < files; counts.files++) {
  const rows = 1 + random.integer(1_500);
  const batch = randomBatch(rows, random);
  const file = randomFile(batch, random);
  const expected = Array.from({ length: rows }, (_, row) => rowJson(batch, row));
  const chunkRows = 1 + random.integer(rows);
  const skip = random.integer(rows);
  const about = `file ${counts.files}, ${rows} rows, chunks of ${chunkRows}, from row ${skip}`;
  same(ownRows(file), expected, about);
  same(ownRows(file, { chunkRows, skip }), expected.slice(skip), about);
  const footer = footerOf(file);
  const end = file.length - 8 - new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true);
  for (let i = 0; i < DAMAGES; i++, counts.damaged++) {
    const own = attempt(() => ownBatches(damage(file, end), i % 2 === 0 ? {} : { chunkRows, skip }, footer));
    if (own === undefined) counts.refused++;
    else if (own.reduce((sum, { numRows }) => sum + numRows, 0) !== rows - (i % 2 === 0 ? 0 : skip))
      throw new Error(`${about}: other rows`);
  }
  if (counts.files % 200 === 199) console.log(counts, `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
}
console.log(
  `passed in ${Math.round((performance.now() - started) / 1000)} s`,
  counts,
  `${Math.round(process.resourceUsage().maxRSS / 1024)} MB at most`,
);
