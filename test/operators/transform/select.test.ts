import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../../columnar/index.ts';
import { select } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { runOperator } from '../../contract/run-operator.ts';
import { type Readings, sampleReadings } from '../readings.ts';

operatorSuite('select', { make: () => select<Readings, 'pm25' | 'at'>('pm25', 'at'), input: sampleReadings() });

describe('select', () => {
  test('keeps columns in the order named, and the roles of those that stay', () => {
    const [output] = runOperator(() => select<Readings, 'pm25' | 'at'>('pm25', 'at'), sampleReadings()).outputs;
    expect(output?.batch.schema.fields.map(({ name }) => name)).toEqual(['pm25', 'at']);
    expect(rolesOf(output?.batch.schema as never)).toEqual({ eventTime: 'at', key: undefined });
  });

  test('a missing column is a schema mismatch', () => {
    const run = runOperator(() => select<Readings, 'pm25'>('pm10' as 'pm25'), sampleReadings());
    expect(run.error).toMatchObject({ code: 'SCHEMA_MISMATCH', step: 'select' });
  });
});
