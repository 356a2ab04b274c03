import type { RecordBatch, Schema, TypeMap } from 'apache-arrow';

declare const columns: unique symbol;

/**
 * An Arrow record batch whose columns the compiler knows. At run time it is a plain `RecordBatch`; the column types ride along as a phantom,
 * because Arrow's own type parameter is invariant: with it a batch of known columns could not be passed where any batch will do.
 */
export type Batch<T extends TypeMap = TypeMap> = RecordBatch & { readonly [columns]?: T };

/** An Arrow schema whose columns the compiler knows; see {@link Batch}. */
export type BatchSchema<T extends TypeMap = TypeMap> = Schema & { readonly [columns]?: T };

/** The column types of a batch or a schema. */
export type ColumnsOf<B> = B extends { readonly [columns]?: infer T extends TypeMap } ? T : TypeMap;
