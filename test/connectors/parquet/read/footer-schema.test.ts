import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFooter } from '../../../../connectors/parquet/format/footer.ts';
import { arrowSchema } from '../../../../connectors/parquet/read/arrow-schema.ts';
import { footerSchema } from '../../../../connectors/parquet/read/footer-schema.ts';
import { range, readingBatch, temporaryFolder, writeSample } from '../sample-files.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const files = readdirSync(fixtures).filter((name) => name.endsWith('.parquet'));

const described = (schema: ReturnType<typeof arrowSchema>) =>
  schema.fields.map(({ name, type, nullable }) => [name, String(type), nullable]);

test.each(files)('%s: the same as the library says, or left to it', (name) => {
  const footer = readFooter(join(fixtures, name));
  const own = footerSchema(footer);
  if (own !== undefined) expect(described(own)).toEqual(described(arrowSchema(footer)));
});

test('is known for flat files of pyarrow, DuckDB and our own, with their metadata', () => {
  const path = writeSample(join(temporaryFolder(), 'sample.parquet'), readingBatch(range(0, 10)));
  const own = footerSchema(readFooter(path));
  expect(described(own as never)).toEqual(described(arrowSchema(readFooter(path))));
  expect([...(own?.metadata ?? [])]).toEqual([...arrowSchema(readFooter(path)).metadata]);
  expect(files.filter((name) => footerSchema(readFooter(join(fixtures, name))) !== undefined).length).toBeGreaterThanOrEqual(1);
});
