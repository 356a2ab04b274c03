import type { ModelNode } from './layers/layer.ts';
import { modelLayers } from './model-layers.ts';
import type { Network } from './network.ts';
import { shapeSize } from './shape.ts';

/** Digits in groups of three. */
function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes in the unit that keeps them short. */
function sized(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/**
 * The table that Keras users know: a row per layer with its output shape and parameters, and besides each layer's floating-point operations in a
 * training step of one row (forward and backward); below it the totals and the arena's memory.
 *
 * @example
 * console.log(summary(network));
 */
export function summary(network: Network): string {
  const { model } = network.description;
  const layers = modelLayers(model);
  const chain = [model.inputs[0], ...layers.map(({ node }) => node)];
  const linear = layers.every(({ node }, i) => node.inputs.length === 1 && node.inputs[0] === chain[i]);
  const head = ['Layer (type)', 'Output shape', 'Param #', 'FLOPs/row', ...(linear ? [] : ['Connected to'])];
  const work = layers.map(({ node }) => flopsOf(node));
  const rows = layers.map(({ node, label, reads }, index) => {
    const own = network.parameters.filter((parameter) => parameter.name.startsWith(`${label}.`));
    const parameters = own.reduce((sum, parameter) => sum + shapeSize(parameter.shape), 0);
    const cells = [`${label} (${node.layer!.kind})`, `(rows, ${node.shape.join(', ')})`, grouped(parameters), grouped(work[index]!)];
    return linear ? cells : [...cells, reads.join(', ')];
  });
  const total = network.parameters.reduce((sum, parameter) => sum + shapeSize(parameter.shape), 0);
  const totals = [
    `Total params: ${grouped(total)} (${sized(total * 4)})`,
    `FLOPs per row and training step: ${grouped(work.reduce((sum, own) => sum + own, 0))}`,
    `Memory: ${sized(network.memoryBytes)} with optimizer state and activations of ${network.description.shardRows} rows`,
  ];
  return [...table([head, ...rows]), ...totals].join('\n');
}

function flopsOf({ layer, inputs, shape }: ModelNode): number {
  const shapes = inputs.map((source) => source.shape);
  return layer?.flops?.(shapes, shape) ?? 0;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 2 || column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [rule, line(rows[0]!), rule, ...rows.slice(1).map(line), rule];
}
