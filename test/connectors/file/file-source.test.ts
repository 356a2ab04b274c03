import { appendFileSync, mkdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { float64, int32, schema, utf8 } from '../../../columnar/index.ts';
import {
  csvSource,
  fileSource,
  ingestLines,
  json,
  memoryStore,
  type Position,
  type Source,
  type SourceBatch,
  text,
} from '../../../connectors/index.ts';
import { readAll } from '../../contract/home-fixture.ts';
import { temporaryFolders } from '../log/temporary-folder.ts';

const temporaryFolder = temporaryFolders();
const messages = schema({ text: utf8() });
type Messages = { text: ReturnType<typeof utf8>['type'] };
const BUDGET = { rows: 1000, bytes: 1_000_000 };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const source of open.splice(0)) await source.close();
});

/** Closes the source after the test. */
function kept<Made extends { close(): Promise<void> }>(source: Made): Made {
  open.push(source);
  return source;
}

const textsOf = (batch: SourceBatch<Messages>) =>
  Array.from({ length: batch.batch.numRows }, (_, row) => batch.batch.getChildAt(0)?.get(row) as string);

async function drain(source: Source<Messages>, budget: Parameters<Source<Messages>['next']>[0] = BUDGET) {
  const texts: string[] = [];
  let position: Position | undefined;
  for (;;) {
    const next = await source.next(budget);
    if (typeof next === 'string') return { texts, position, last: next };
    expect(next.records).toBe(next.batch.numRows + next.rejects.length);
    texts.push(...textsOf(next));
    position = next.position;
  }
}

async function opened(path: string, options: { follow?: boolean; pattern?: RegExp } = {}, position?: Position) {
  const source = kept(fileSource(path, { schema: messages, format: text(), ...options }).create());
  await source.open(0, position);
  return source;
}

describe('fileSource', () => {
  test('lines of a file, whatever the budget; empty lines and line ends are none; the last needs no line end', async () => {
    const file = join(temporaryFolder(), 'a.txt');
    writeFileSync(file, 'one\r\ntwo\n\n\nthree\nfour');
    for (const rows of [1, 2, 100])
      expect(await drain(await opened(file), { rows, bytes: 10 })).toMatchObject({ texts: ['one', 'two', 'three', 'four'], last: 'end' });
  });

  test('goes on at a position, stops at `until`, offsets are bytes', async () => {
    const file = join(temporaryFolder(), 'a.txt');
    writeFileSync(file, Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join(''));
    const source = await opened(file);
    const first = (await source.next({ rows: 10, bytes: 1e6 })) as SourceBatch<Messages>;
    expect([...first.offset].slice(0, 3)).toEqual([0, 7, 14]);
    expect(first.lag).toBeGreaterThan(50);
    expect(new TextDecoder().decode(first.rawRecord(14)?.value ?? undefined)).toBe('line 2');
    const second = (await source.next({ rows: 10, bytes: 1e6 })) as SourceBatch<Messages>;
    await source.close();
    const again = await drain(await opened(file, {}, first.position), { rows: 3, bytes: 1e6, until: second.position });
    expect(again).toMatchObject({ texts: textsOf(second), position: second.position, last: 'idle' });
    // A position in the middle of a batch, as a task that was cut there commits it: the offset of the next row.
    const middle = { ...first.position, [second.source]: second.offset[4] as number };
    expect((await drain(await opened(file, {}, middle))).texts[0]).toBe(textsOf(second)[4]);
  });

  test('all files of a folder by name, those that match', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '2.log'), 'c\nd');
    writeFileSync(join(folder, '1.log'), 'a\nb\n');
    writeFileSync(join(folder, 'notes.md'), 'no');
    mkdirSync(join(folder, 'deep.log'));
    expect(await drain(await opened(folder, { pattern: /\.log$/ }))).toMatchObject({ texts: ['a', 'b', 'c', 'd'], last: 'end' });
  });

  test('following: waits for the rest of a line, and for more', async () => {
    const file = join(temporaryFolder(), 'a.txt');
    writeFileSync(file, 'one\ntw');
    const source = await opened(file, { follow: true });
    expect(await drain(source)).toMatchObject({ texts: ['one'], last: 'idle' });
    appendFileSync(file, 'o\nthree\n');
    expect((await drain(source)).texts).toEqual(['two', 'three']);
    await source.close();
  });

  test('rotation by renaming: the rest of the old file, then the new one; also over a restart', async () => {
    const file = join(temporaryFolder(), 'access.log');
    writeFileSync(file, 'one\n');
    const source = await opened(file, { follow: true });
    const { position } = await drain(source);
    appendFileSync(file, 'two\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
    expect((await drain(source)).texts).toEqual(['two', 'three']);
    await source.close();
    const restarted = await opened(file, { follow: true }, position);
    expect((await drain(restarted)).texts).toEqual(['two', 'three']);
    await restarted.close();
  });

  test('rotation by copying and cutting: the file is read from its beginning', async () => {
    const file = join(temporaryFolder(), 'access.log');
    writeFileSync(file, 'one\ntwo\n');
    const source = await opened(file, { follow: true });
    const { position } = await drain(source);
    truncateSync(file, 0);
    appendFileSync(file, 'new\n');
    const after = await drain(source);
    expect(after.texts).toEqual(['new']);
    // What was committed of the cut file cannot be read again: an error, not an endless wait.
    const rerun = await opened(file, { follow: true }, { [Object.keys(position as Position)[0] as string]: 4 });
    await expect(rerun.next({ ...BUDGET, until: position })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('again'),
    });
    appendFileSync(file, 'newer\n');
    expect((await drain(source)).texts).toEqual(['newer']);
    await source.close();
    const restarted = await opened(file, { follow: true }, after.position);
    expect((await drain(restarted)).texts).toEqual(['newer']);
  });

  test('a missing file and one that goes away are errors by name', async () => {
    const file = join(temporaryFolder(), 'gone.txt');
    await expect(opened(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: `cannot read ${file}: it does not exist` });
    writeFileSync(file, 'x\n');
    const source = await opened(file);
    unlinkSync(file);
    await expect(source.next(BUDGET)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test('lines longer than a chunk, and lines that are rejected', async () => {
    const file = join(temporaryFolder(), 'a.ndjson');
    const long = JSON.stringify({ name: 'x'.repeat(300_000), n: 1 });
    writeFileSync(file, `{"n":1}\n${long}\nbroken\n{"n":3}`);
    const numbers = schema({ n: int32(), name: utf8() });
    const source = kept(fileSource(file, { schema: numbers, format: json() }).create());
    await source.open(0, undefined);
    const counts = { rows: 0, rejects: 0 };
    for (
      let next = await source.next({ rows: 2, bytes: 100 });
      typeof next !== 'string';
      next = await source.next({ rows: 2, bytes: 100 })
    ) {
      counts.rows += next.batch.numRows;
      counts.rejects += next.rejects.length;
      if (next.rejects.length > 0)
        expect(next.rejects[0]).toMatchObject({ reason: expect.stringMatching(/broken JSON/), record: { offset: 9 + long.length } });
    }
    expect(counts).toEqual({ rows: 3, rejects: 1 });
  });
});

describe('csvSource', () => {
  const columns = schema({ b: utf8(), a: float64() });

  test('takes fields by the header of each file; quoted fields may hold line ends', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '1.csv'), '\ufeffa,"b",c\n1,"x\ny",0\n2,z,0\n');
    writeFileSync(join(folder, '2.csv'), 'b,a\nw,3');
    const source = kept(csvSource(folder, { schema: columns }).create());
    await source.open(0, undefined);
    const rows: unknown[] = [];
    for (let next = await source.next(BUDGET); typeof next !== 'string'; next = await source.next(BUDGET)) {
      for (let row = 0; row < next.batch.numRows; row++) rows.push(next.batch.get(row)?.toJSON());
    }
    await source.close();
    expect(rows).toEqual([
      { b: 'x\ny', a: 1 },
      { b: 'z', a: 2 },
      { b: 'w', a: 3 },
    ]);
  });

  test('a header that lacks a column is an error with the names there are', async () => {
    const file = join(temporaryFolder(), 'a.csv');
    writeFileSync(file, 'a,c\n1,2\n');
    const source = kept(csvSource(file, { schema: columns }).create());
    await source.open(0, undefined);
    await expect(source.next(BUDGET)).rejects.toMatchObject({ code: 'INVALID_OPTION', hint: expect.stringContaining('a, c') });
  });
});

test('ingestLines keeps each line of a stream, however it is cut', async () => {
  const home = memoryStore().open();
  await home.topics.ensure('in', { partitions: 1 });
  const input = Readable.from(['on', 'e\ntwo\n\nth', 'ree\r\nfo', 'ur'].map((part) => Buffer.from(part)));
  expect(await ingestLines(input, home, 'in')).toBe(4);
  expect(await readAll(home, 'in')).toEqual(['one', 'two', 'three', 'four']);
  await expect(ingestLines(Readable.from([Buffer.alloc(100, 97)]), home, 'in', { maxBytes: 50 })).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
  });
});

describe('a packed file', () => {
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} of the file`);
  const packed = () => {
    const file = join(temporaryFolder(), 'a.log.gz');
    // Two members, as `cat a.gz b.gz` makes them.
    writeFileSync(file, Buffer.concat([gzipSync(`${lines.slice(0, 9000).join('\n')}\n`), gzipSync(lines.slice(9000).join('\n'))]));
    return file;
  };

  test('gives the lines that are packed in it, whatever the budget, then ends', async () => {
    for (const [rows, bytes] of [
      [1000, 1e6],
      [30_000, 1e9],
      [700, 100],
    ] as const)
      expect(await drain(await opened(packed()), { rows, bytes })).toMatchObject({ texts: lines, last: 'end' });
  });

  test('counts unpacked bytes in its positions, goes on at one, and repeats up to another', async () => {
    const file = packed();
    const source = await opened(file);
    const first = (await source.next({ rows: 12_345, bytes: 1e6 })) as SourceBatch<Messages>;
    const read = first.batch.numRows;
    const before = lines.slice(0, read).join('\n').length + 1;
    expect(Object.values(first.position)).toEqual([before]);
    expect(first.lag).toBeGreaterThan(0);
    const second = (await source.next({ rows: 500, bytes: 1e6 })) as SourceBatch<Messages>;
    const again = await drain(await opened(file, {}, first.position), { rows: 33, bytes: 1e6, until: second.position });
    expect(again).toMatchObject({ texts: lines.slice(read, read + 500), position: second.position, last: 'idle' });
    expect((await drain(await opened(file, {}, second.position))).texts).toEqual(lines.slice(read + 500));
  });

  test('stands in a folder beside plain ones, in order, and holds CSV with its header', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '2.txt'), 'plain\n');
    writeFileSync(join(folder, '1.txt.gz'), gzipSync('packed'));
    expect(await drain(await opened(folder))).toMatchObject({ texts: ['packed', 'plain'], last: 'end' });
    const file = join(temporaryFolder(), 'a.csv.gz');
    writeFileSync(file, gzipSync('b,text\n1,one\n2,"two\nlines"\n'));
    const source = kept(csvSource(file, { schema: messages }).create());
    await source.open(0, undefined);
    expect((await drain(source)).texts).toEqual(['one', 'two\nlines']);
  });

  test('that is damaged, cut short or none is an error that says so, after what could be read', async () => {
    const file = packed();
    const whole = readFileSync(file);
    for (const [bytes, atLeast] of [
      [whole.subarray(0, whole.length - 3000), 1],
      [Buffer.from('no gzip'), 0],
    ] as const) {
      writeFileSync(file, bytes);
      const source = await opened(file);
      let rows = 0;
      const reading = (async () => {
        for (;;) rows += ((await source.next({ rows: 500, bytes: 1e5 })) as SourceBatch<Messages>).batch.numRows;
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining('damaged, or no gzip file'),
      });
      expect(rows).toBeGreaterThanOrEqual(atLeast);
    }
  });

  test('cannot be followed, by itself or in a folder', async () => {
    const file = packed();
    expect(() => fileSource(file, { schema: messages, format: text(), follow: true })).toThrowError('is packed, and cannot be followed');
    await expect(opened(dirname(file), { follow: true })).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });

  test('that was committed further than it goes now is an error', async () => {
    const file = packed();
    const source = await opened(file);
    const { source: stream } = (await source.next(BUDGET)) as SourceBatch<Messages>;
    const budget = { ...BUDGET, until: { [stream]: 1e9 } };
    const again = await opened(file);
    expect((await drain(again, budget)).texts).toEqual(lines);
    await expect(again.next(budget)).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });
});
