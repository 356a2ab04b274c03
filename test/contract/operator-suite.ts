import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { type Batch, booleanData, makeBatch, ValidityBuilder } from '../../columnar/index.ts';
import { MillraceError, type Operator, type StreamBatch, sliceStreamBatch, withBatch } from '../../streams/index.ts';
import { OperatorRun, reslice, runOperator } from './run-operator.ts';

/** An operator and the input that shows it at work. */
export interface OperatorCase<I extends TypeMap = TypeMap, O extends TypeMap = TypeMap> {
  make(): Operator<I, O>;
  /** A few hundred rows that reach every branch: nulls, several keys, late rows, marks. */
  readonly input: StreamBatch<I>;
  /** The operator with a callback that throws, where it takes callbacks. */
  makeThrowing?(): Operator<I, O>;
  /** The column whose absence or change of type must be refused; absent: the operator reads no column by name. */
  readonly reads?: string;
  /** Columns that may not be null at all: leave them alone in the test of null columns. */
  readonly required?: readonly string[];
}

const SIZES = [1, 7, 100, 4096];

/** What every operator must do: run it through with {@link OperatorCase}. */
export function operatorSuite<I extends TypeMap, O extends TypeMap>(
  name: string,
  { make, input, makeThrowing, reads, required = [] }: OperatorCase<I, O>,
): void {
  const whole = () => runOperator(make, input);

  describe(`${name} as an operator`, () => {
    test('gives nothing for an empty input', () => {
      const run = runOperator(make);
      expect(run.error).toBeUndefined();
      expect(run.rows()).toEqual([]);
      expect(run.completed).toBe(true);
    });

    test('takes a batch without rows, and it changes nothing', () => {
      const empty = sliceStreamBatch(input, 0, 0);
      const run = new OperatorRun(make).push(empty, input, sliceStreamBatch(input, input.batch.numRows, input.batch.numRows)).end();
      expect(run.rows()).toEqual(whole().rows());
      expect(run.task.unbalanced()).toEqual([]);
    });

    test('takes one row', () => {
      const run = runOperator(make, sliceStreamBatch(input, 0, 1));
      expect(run.error).toBeUndefined();
      expect(run.task.unbalanced()).toEqual([]);
    });

    const nullable = input.batch.schema.fields.filter((field) => field.nullable && !required.includes(field.name));
    test.each(nullable.map((field) => [field.name]))('takes column %s all null', (column) => {
      const run = runOperator(make, withBatch(input, withNullColumn(input.batch, column)));
      expect(run.error).toBeUndefined();
      expect(run.task.unbalanced()).toEqual([]);
    });

    test.each(SIZES)('gives the same rows, bits and state in batches of %i', (size) => {
      const expected = whole();
      const run = new OperatorRun(make);
      for (const part of reslice(input, size)) {
        run.push(part);
        expect(run.task.unbalanced()).toEqual([]);
      }
      // The last slice carries the mark only where it reaches the last row: an input without rows is cut into nothing.
      const before = new OperatorRun(make).push(input).task.snapshot();
      expect(run.task.snapshot()).toEqual(before);
      run.end();
      expect(run.rows()).toEqual(expected.rows());
      expect(run.task.rejects).toEqual(expected.task.rejects);
      expect(run.task.snapshot()).toEqual(expected.task.snapshot());
      expect(run.task.unbalanced()).toEqual([]);
    });

    test.each([0.13, 0.5, 0.87])('goes on from a snapshot taken at %d of the input as if nothing had happened', (share) => {
      const at = Math.floor(input.batch.numRows * share);
      const first = new OperatorRun(make).push(sliceStreamBatch(input, 0, at));
      const second = new OperatorRun(make);
      second.task.restore(first.task.snapshot());
      expect(second.task.snapshot()).toEqual(first.task.snapshot());
      second.push(sliceStreamBatch(input, at, input.batch.numRows)).end();
      expect([...first.rows(), ...second.rows()]).toEqual(whole().rows());
    });

    test('keeps rows in the order of (ordinal, sub)', () => {
      const rows = whole().rows();
      for (const [index, row] of rows.entries()) {
        const before = rows[index - 1];
        if (before === undefined) continue;
        expect(row.ordinal > before.ordinal || (row.ordinal === before.ordinal && row.sub > before.sub)).toBe(true);
      }
    });

    test('holds no state outside of its subscription', () => {
      const operator = make();
      const once = runOperator(() => operator, input).rows();
      expect(runOperator(() => operator, input).rows()).toEqual(once);
    });

    test('lets go of its source when unsubscribed early', () => {
      const run = new OperatorRun(make).push(sliceStreamBatch(input, 0, 3));
      run.unsubscribe();
      expect(run.observed).toBe(false);
      const seen = run.outputs.length;
      run.push(input);
      expect(run.outputs.length).toBe(seen);
    });

    if (reads !== undefined) {
      test.each([
        ['missing', (batch: Batch) => without(batch, reads)],
        ['of a type it cannot read', (batch: Batch) => withTypeOf(batch, reads)],
      ])('refuses a schema whose column is %s', (_what, change) => {
        const run = runOperator(make, withBatch(input, change(input.batch) as Batch<I>));
        expect(run.error).toBeInstanceOf(MillraceError);
        expect((run.error as MillraceError).code).toBe('SCHEMA_MISMATCH');
        expect((run.error as MillraceError).message).toContain(reads);
      });
    }

    if (makeThrowing !== undefined) {
      test('turns what a callback throws into an error of its step', () => {
        const run = runOperator(makeThrowing, input);
        expect(run.error).toBeInstanceOf(MillraceError);
        expect((run.error as MillraceError).code).toBe('OPERATOR_FAILED');
        expect((run.error as MillraceError).step).toBeDefined();
      });
    }
  });
}

/** The batch with one column null in every row. */
function withNullColumn<T extends TypeMap>(batch: Batch<T>, column: string): Batch<T> {
  const columns = batch.schema.fields.map((field, index) => {
    const data = batch.data.children[index] as Data;
    if (field.name !== column) return data;
    const nulls = new ValidityBuilder(batch.numRows);
    for (let row = 0; row < batch.numRows; row++) nulls.setNull(row);
    return data.clone(data.type, 0, data.length, nulls.nullCount, [
      data.buffers[0],
      data.buffers[1],
      nulls.finish(),
      data.buffers[3],
    ] as never);
  });
  return makeBatch(batch.schema, columns, batch.numRows);
}

function without(batch: Batch, column: string): Batch {
  const kept = batch.schema.fields.flatMap((field, index) => (field.name === column ? [] : [index]));
  return makeBatch(
    new Schema(kept.map((index) => batch.schema.fields[index]) as never, batch.schema.metadata),
    kept.map((index) => batch.data.children[index] as Data),
    batch.numRows,
  );
}

/** The batch with a column of another type: no operator takes numbers, strings, keys or instants from booleans. */
function withTypeOf(batch: Batch, column: string): Batch {
  const data = booleanData(new Uint8Array(batch.numRows));
  const replace = <V>(values: readonly V[], value: V) =>
    values.map((other, index) => (batch.schema.fields[index]?.name === column ? value : other));
  const fields = replace(batch.schema.fields, new Field(column, data.type, true));
  return makeBatch(new Schema(fields as never, batch.schema.metadata), replace<Data>(batch.data.children, data), batch.numRows);
}
