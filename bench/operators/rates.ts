import { Subject } from 'rxjs';
import { buildInTask, type Operator, type StreamBatch } from '../../streams/index.ts';
import { TestTask } from '../../test/contract/test-task.ts';

/** Milliseconds that `work` takes. */
export function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Rows a second of operators in a chain. */
export function rateOf(steps: readonly Operator<never>[], batches: readonly StreamBatch[]): number {
  const source = new Subject<StreamBatch<never>>();
  let rowsOut = 0;
  buildInTask(new TestTask(), () => {
    const chain = steps.reduce((stream, step) => step(stream as never) as never, source as never);
    (chain as unknown as Subject<StreamBatch>).subscribe(({ batch }) => {
      rowsOut += batch.numRows;
    });
  });
  const milliseconds = timed(() => {
    for (const batch of batches) source.next(batch as StreamBatch<never>);
    source.complete();
  });
  if (rowsOut === 0) throw new Error('the operators put nothing out');
  return (rowsOf(batches) / milliseconds) * 1000;
}

/** Rows a second of a join of two streams whose batches come in turns. */
export function joinRateOf(
  join: (sources: readonly Subject<StreamBatch>[]) => Subject<StreamBatch>,
  streams: readonly (readonly StreamBatch[])[],
): number {
  const task = new TestTask();
  const sources = streams.map(() => new Subject<StreamBatch>());
  let rowsOut = 0;
  buildInTask(task, () =>
    join(sources).subscribe(({ batch }) => {
      rowsOut += batch.numRows;
    }),
  );
  const milliseconds = timed(() => {
    const turns = Math.max(...streams.map((batches) => batches.length));
    for (let turn = 0; turn < turns; turn++) {
      streams.forEach((batches, input) => {
        const batch = batches[turn];
        if (batch !== undefined) sources[input]?.next(batch);
      });
      task.endTurn();
    }
    for (const source of sources) source.complete();
  });
  if (rowsOut === 0) throw new Error('the join put nothing out');
  return (rowsOf(streams.flat().filter((batch) => batch !== undefined)) / milliseconds) * 1000;
}

export const rowsOf = (batches: readonly StreamBatch[]): number => batches.reduce((sum, { batch }) => sum + batch.numRows, 0);
