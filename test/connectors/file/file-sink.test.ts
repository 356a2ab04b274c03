import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { float64Data, makeBatch, utf8Data } from '../../../columnar/index.ts';
import { csv, fileSink, json, stdoutSink } from '../../../connectors/index.ts';
import { streamBatch } from '../../../streams/index.ts';
import { sinkColumns, sinkSuite } from '../../contract/sink-suite.ts';
import { temporaryFolders } from '../log/temporary-folder.ts';

const temporaryFolder = temporaryFolders();
const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);
const rows = streamBatch(makeBatch(sinkColumns, [utf8Data(['a', 'b,c']), float64Data(Float64Array.of(1, 2))]));

sinkSuite('file', async () => {
  const file = join(temporaryFolder(), 'deep', 'out.ndjson');
  return {
    make: () => fileSink(file, { format: json() }).create() as never,
    visible: async () => linesOf(file).map((line) => JSON.parse(line).name),
  };
});

describe('fileSink', () => {
  const write = async (file: string, task: string, options = {}) => {
    const sink = fileSink(file, { format: csv(), ...options }).create();
    await sink.open(task);
    await sink.recover(undefined);
    await sink.write(rows as never);
    await sink.prepare(1);
    await sink.commit(1);
    await sink.close();
  };

  test('a header on request, once; later tasks write files of their own', async () => {
    const folder = temporaryFolder();
    await write(join(folder, 'out.csv'), 'p/0', { header: true });
    await write(join(folder, 'out.csv'), 'p/0', { header: true });
    await write(join(folder, 'out.csv'), 'p/3');
    expect(linesOf(join(folder, 'out.csv'))).toEqual(['name,value', 'a,1', '"b,c",2', 'a,1', '"b,c",2']);
    expect(linesOf(join(folder, 'out-3.csv'))).toEqual(['a,1', '"b,c",2']);
  });

  test('an append that was cut off is repeated from where it began', async () => {
    const file = join(temporaryFolder(), 'out.csv');
    const sink = fileSink(file, { format: csv() }).create();
    await sink.open('p/0');
    await sink.write(rows as never);
    await sink.prepare(1);
    writeFileSync(file, 'a,1\n"b');
    const restarted = fileSink(file, { format: csv() }).create();
    await restarted.open('p/0');
    await restarted.recover(1);
    expect(linesOf(file)).toEqual(['a,1', '"b,c",2']);
  });

  test('a folder that cannot be made is a clear error', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(write(join(folder, 'file', 'out.csv'), 'p/0')).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('out.csv'),
    });
  });
});

test('stdoutSink prints with the commit', async () => {
  let printed = '';
  const out = new Writable({
    write(chunk, _, done) {
      printed += chunk;
      done();
    },
  });
  const sink = stdoutSink({ format: json(), out }).create();
  await sink.open('p/0');
  await sink.recover(undefined);
  await sink.write(rows as never);
  await sink.prepare(1);
  expect(printed).toBe('');
  await sink.commit(1);
  await sink.commit(1);
  expect(printed).toBe('{"name":"a","value":1}\n{"name":"b,c","value":2}\n');
});
