import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../../columnar/index.ts';
import { rename } from '../../../operators/index.ts';
import { operatorSuite } from '../../contract/operator-suite.ts';
import { runOperator } from '../../contract/run-operator.ts';
import { type Readings, sampleReadings } from '../readings.ts';

operatorSuite('rename', { make: () => rename<Readings, { pm25: 'pm' }>({ pm25: 'pm' }), input: sampleReadings(), required: [] });

describe('rename', () => {
  test('gives new names in place, and roles follow their columns', () => {
    const [output] = runOperator(
      () => rename<Readings, { at: 'time'; station: 'place' }>({ at: 'time', station: 'place' }),
      sampleReadings(),
    ).outputs;
    expect(output?.batch.schema.fields.map(({ name }) => name)).toEqual(['place', 'time', 'pm25', 'temperature', 'count', 'note']);
    expect(rolesOf(output?.batch.schema as never)).toEqual({ eventTime: 'time', key: 'place' });
  });

  test.each([
    [{ pm10: 'x' }, 'pm10'],
    [{ pm25: 'temperature' }, 'two columns'],
  ])('refuses %j', (names, message) => {
    const run = runOperator(() => rename<Readings, Record<string, never>>(names as never), sampleReadings());
    expect(run.error).toMatchObject({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining(message) });
  });
});
