import { type Data, Type } from 'apache-arrow';
import { type Batch, columnData, int32Data, stringView, Validity, ValidityBuilder } from '../../../columnar/index.ts';
import { LineParameters, parametersOf } from './line-parameters.ts';
import { LineScanner } from './line-scanner.ts';
import { LineMasker } from './masked-line.ts';
import type { TemplateTree } from './template-tree.ts';
import { TextBuilder } from './text-builder.ts';

const encoder = new TextEncoder();

/** The columns in work. */
interface Columns {
  readonly ids: Int32Array;
  readonly nulls: ValidityBuilder;
  readonly templates: TextBuilder;
  readonly parameters: TextBuilder;
}

/**
 * Puts lines through a tree of templates. Lines of ASCII are masked and compared as bytes; others, and all where there are masks of the user's, as strings, with the same results.
 */
export class TemplateMiner {
  readonly tree: TemplateTree;
  readonly #masker: LineMasker;
  readonly #bytewise: boolean;
  readonly #scanner = new LineScanner();
  readonly #parameters: LineParameters;

  constructor(tree: TemplateTree, masks: readonly RegExp[]) {
    this.tree = tree;
    this.#masker = new LineMasker(masks);
    this.#bytewise = masks.length === 0;
    this.#parameters = new LineParameters(tree);
  }

  /** Template id, template and parameters of every line of a string column. */
  columnsOf(batch: Batch, column: string) {
    const rows = batch.numRows;
    const columns = {
      ids: new Int32Array(rows),
      nulls: new ValidityBuilder(rows),
      templates: new TextBuilder(rows),
      parameters: new TextBuilder(rows),
    };
    const { string, bytes, isNull } = linesOf(batch, column);
    for (let row = 0; row < rows; row++) {
      if (this.tree.tidy()) this.#parameters.reset();
      if (isNull(row)) {
        columns.nulls.setNull(row);
        endNull(columns);
      } else if (!(this.#bytewise && bytes !== undefined && this.#takeBytes(bytes, row, columns))) {
        this.#takeString(string(row), row, columns);
      }
    }
    const { ids, nulls, templates, parameters } = columns;
    return { templateId: int32Data(ids, nulls), template: templates.finish(), parameters: parameters.finish() };
  }

  /** False when the line is not ASCII. */
  #takeBytes({ values, offsets }: LineBytes, row: number, columns: Columns): boolean {
    const scanner = this.#scanner;
    if (!scanner.scan(values, offsets[row] as number, offsets[row + 1] as number, this.tree.table)) return false;
    const template = this.tree.match(scanner.tokens, scanner.count);
    columns.ids[row] = template?.id ?? -1;
    if (template === undefined) endNull(columns);
    else {
      columns.templates.bytes(template.text);
      columns.templates.endRow();
      this.#parameters.write(template, scanner, values, columns.parameters);
      columns.parameters.endRow();
    }
    return true;
  }

  #takeString(line: string, row: number, columns: Columns): void {
    const masked = this.#masker.mask(line);
    const template = this.tree.matchStrings(masked.tokens);
    columns.ids[row] = template?.id ?? -1;
    if (template === undefined) {
      endNull(columns);
      return;
    }
    const tokens = Array.from(template.tokens, (token) => this.tree.table.stringOf(token));
    columns.templates.bytes(template.text);
    columns.templates.endRow();
    columns.parameters.bytes(encoder.encode(parametersOf(tokens, masked)));
    columns.parameters.endRow();
  }
}

function endNull({ templates, parameters }: Columns): void {
  templates.endNull();
  parameters.endNull();
}

interface LineBytes {
  readonly values: Uint8Array;
  readonly offsets: Int32Array;
}

/** The lines of a column as strings, and as bytes where they lie there as such. */
function linesOf(batch: Batch, column: string) {
  const view = stringView(batch, column);
  const data: Data = columnData(batch, column);
  const validity = Validity.of(data);
  const bytes: LineBytes | undefined =
    data.type.typeId === Type.Utf8 ? { values: data.values as Uint8Array, offsets: data.valueOffsets as Int32Array } : undefined;
  return {
    bytes,
    string: (row: number) => view.get(row) ?? '',
    isNull: (row: number) => (bytes === undefined ? view.get(row) === null : !validity.isValid(row)),
  };
}
