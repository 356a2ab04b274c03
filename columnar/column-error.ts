/** A column is missing, has another type or another length than the code needs. The message names column and types. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}
