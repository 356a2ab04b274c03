// Decodes a million damaged records of every text format: a value or a clean rejection, never a crash, a hang or a byte of the next record.
// node --conditions=millrace-source scripts/fuzz-formats.ts [RECORDS] [SEED]
import { fuzzFormats } from './fuzz/format-rounds.ts';

const [records = 1_000_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
console.log(`seed ${seed}`);
let done = 0;
const started = performance.now();
while (done < records) {
  const result = fuzzFormats(Math.min(50_000, records - done), seed + done);
  done += result.records;
  console.log(`${done} records; of the last ${result.records}: ${result.rows} rows, ${result.rejects} rejects`);
}
console.log(`passed in ${Math.round((performance.now() - started) / 1000)} s`);
