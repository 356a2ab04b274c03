import type { Pipeline } from 'millrace';
import { describe, expect, test } from 'vitest';
import { float64Data, numberView, type TypeMap, withColumns } from '../../columnar/index.ts';
import { memoryStore } from '../../connectors/index.ts';
import { pipeline } from '../../examples/air-quality/pipeline.ts';
import { resliceCheck } from '../../pipeline/index.ts';
import { flow, mapBatch, type Operator } from '../../streams/index.ts';

/** Counts batches instead of rows: the wind of the first row of each batch is set to zero. */
const calmFirst = (): Operator<TypeMap, TypeMap> =>
  mapBatch('calmFirst', (batch) => {
    const values = Float64Array.from(numberView(batch, 'windSpeed').values);
    values[0] = 0;
    return withColumns(batch, { windSpeed: float64Data(values) });
  });

describe('the main job, resliced', () => {
  test('gives the same rows and bits in batches of 4,096, 1, 7 and 100', { timeout: 120_000 }, async () => {
    const result = await resliceCheck(pipeline, memoryStore().open(), 3000);
    expect(result.cuts).toEqual([4096, 1, 7, 100]);
    expect(result.rows).toBeGreaterThanOrEqual(3000);
    expect(result.differences).toEqual([]);
  });

  test('is told apart from one with a step that depends on where batches end', { timeout: 120_000 }, async () => {
    const planted: Pipeline = {
      ...pipeline,
      flow: ({ readings, ...others }) =>
        pipeline.flow({ ...others, readings: flow(readings as Exclude<typeof readings, undefined>, calmFirst()) }),
    };
    const { differences } = await resliceCheck(planted, memoryStore().open(), 300);
    expect(differences).toContainEqual(expect.stringMatching(/^topic forecasts\/0 \(batches of 7 against 4096 rows\)$/));
    expect(differences).toContainEqual(expect.stringMatching(/^state of standardize .*batches of 1 against/));
  });
});
