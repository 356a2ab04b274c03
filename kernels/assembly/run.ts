// Runs a compiled plan: a list of instructions over the arena, one pass per shard of rows. See kernels/opcodes.ts for the arguments.

import * as op from '../opcodes';
import { activate, activateBackward } from './activation';
import { denseBackward, denseForward, singleUnitBackward, singleUnitForward } from './dense';
import { addInto, copyRows, firstNonFinite, swapLeadingAxes } from './elementwise';
import { lossForward } from './losses';
import { runRecurrent } from './run-recurrent';
import { runSpatial } from './run-spatial';
import { runNormalization } from './run-normalization';
import { address, real, word } from './instruction';
import { zeroFill } from './vector';

/** What a run returns in place of a loss when an input is NaN or infinite; `refusedPosition` then tells where. */
const REFUSED: f64 = -1;
/** Likewise, when an embedding has no row for an input; `refusedPosition` is then the row of the shard. */
const UNKNOWN_TOKEN: f64 = -2;
let refused: i32 = -1;

/** Position (row * floats per row + column; for tokens, row) of what the last run refused. */
export function refusedPosition(): i32 {
  return refused;
}

/**
 * @param pc first instruction; @param end behind the last
 * @param rows rows of this shard
 * @param gradients distance in bytes from a parameter to its gradient
 * @param scales one float a head: the factor of its loss terms
 * @param weights the shard's sample weights or 0; @param weightKind 1: one a row, 2: one an output
 * @param firstRow the shard's first row within its mini-batch; @param key random key of this step (dropout)
 * @returns the shard's loss
 */
export function run(
  pc: usize, end: usize, rows: i32, gradients: usize, scales: usize, weights: usize, weightKind: i32, firstRow: i32, keyLow: u32, keyHigh: u32,
): f64 {
  let loss: f64 = 0;
  const key = (<u64>keyHigh << 32) | <u64>keyLow;
  for (; pc < end; pc += <usize>word(pc, -1) << 2) {
    const code = load<i32>(pc);
    switch (code) {
      case op.CHECK_FINITE: {
        refused = firstNonFinite(word(pc, 0), rows * word(pc, 1));
        if (refused >= 0) return REFUSED;
        break;
      }
      case op.DENSE_FORWARD: {
        denseForward(
          rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7),
          word(pc, 8), real(pc, 9), word(pc, 10),
        );
        break;
      }
      case op.DENSE_BACKWARD: {
        denseBackward(
          rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 7),
          address(pc, 5) + gradients, address(pc, 6) + gradients, word(pc, 8), word(pc, 9),
        );
        break;
      }
      case op.SINGLE_UNIT_FORWARD: {
        singleUnitForward(rows * word(pc, 1), word(pc, 0), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), real(pc, 8));
        break;
      }
      case op.SINGLE_UNIT_BACKWARD: {
        singleUnitBackward(
          rows * word(pc, 1), word(pc, 0), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 6),
          address(pc, 4) + gradients, address(pc, 5) + gradients, word(pc, 7),
        );
        break;
      }
      case op.ACTIVATE: {
        activate(word(pc, 0), word(pc, 1), word(pc, 2), rows * word(pc, 3), real(pc, 4));
        break;
      }
      case op.ACTIVATE_BACKWARD: {
        activateBackward(word(pc, 0), word(pc, 1), word(pc, 2), rows * word(pc, 3), real(pc, 4));
        break;
      }
      case op.TO_TIME_MAJOR: {
        swapLeadingAxes(rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5));
        break;
      }
      case op.TO_BATCH_MAJOR: {
        swapLeadingAxes(word(pc, 0), rows, word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5));
        break;
      }
      case op.COPY_ROWS: {
        copyRows(rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7));
        break;
      }
      case op.ADD_INTO: {
        addInto(word(pc, 0), word(pc, 1), rows * word(pc, 2));
        break;
      }
      case op.ZERO_FILL: {
        zeroFill(word(pc, 0), rows * word(pc, 1));
        break;
      }
      case op.LAST_STEP: {
        const bytes = (<usize>(rows * word(pc, 1))) << 2;
        memory.copy(address(pc, 3), address(pc, 2) + <usize>(word(pc, 0) - 1) * bytes, bytes);
        break;
      }
      case op.LOSS: {
        const weightAt = weights ? weights + (weightKind == 1 ? 0 : (<usize>word(pc, 6)) << 2) : 0;
        loss += lossForward(
          word(pc, 0), rows, word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), weightAt,
          weightKind == 1 ? 1 : word(pc, 7), weightKind, word(pc, 8), real(pc, 9), load<f32>(scales + ((<usize>word(pc, 10)) << 2)),
        );
        break;
      }
      default: {
        if (code >= op.EMBEDDING_FORWARD) {
          refused = runNormalization(code, pc, rows, gradients, firstRow, key);
          if (refused >= 0) return UNKNOWN_TOKEN;
        } else if (code >= op.CONVOLUTION_FORWARD) runSpatial(code, pc, rows, gradients);
        else runRecurrent(code, pc, rows, gradients);
      }
    }
  }
  return loss;
}
