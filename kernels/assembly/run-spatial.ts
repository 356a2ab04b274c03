// Instructions of the convolutional and pooling layers. Their shape blocks lie in the instruction itself.

import * as op from '../opcodes';
import { convolutionBackward, convolutionForward, ConvolutionShape } from './convolution';
import { convolutionPoolBackward, convolutionPoolForward } from './convolution-pool';
import { address, real, word } from './instruction';
import { averagePoolBackward, averagePoolForward, maxPoolBackward, maxPoolForward, PoolShape } from './pooling';

/** Words of each shape block: the arguments that follow begin behind it. */
const CONVOLUTION_WORDS: i32 = 13;
const POOL_WORDS: i32 = 11;

/** Copies an image into the middle of a larger one whose border is zero, or back. */
function moveImage(rows: i32, pc: usize, inward: bool): void {
  const line = <usize>(word(pc, 1) * word(pc, 2)) << 2;
  const small = <usize>word(pc, 0) * line;
  const largeLine = <usize>(word(pc, 6) * word(pc, 2)) << 2;
  const large = <usize>word(pc, 5) * largeLine;
  let outer = address(pc, inward ? 8 : 7);
  let inner = address(pc, inward ? 7 : 8);
  if (inward) memory.fill(outer, 0, <usize>rows * large);
  for (let r = 0; r < rows; r++) {
    let at = outer + <usize>word(pc, 3) * largeLine + (<usize>(word(pc, 4) * word(pc, 2)) << 2);
    for (let i = 0; i < word(pc, 0); i++) {
      if (inward) memory.copy(at, inner + <usize>i * line, line);
      else memory.copy(inner + <usize>i * line, at, line);
      at += largeLine;
    }
    outer += large;
    inner += small;
  }
}

export function runSpatial(code: i32, pc: usize, rows: i32, gradients: usize): void {
  const behind = pc + (CONVOLUTION_WORDS << 2);
  const shape = changetype<ConvolutionShape>(pc + 8);
  const pool = changetype<PoolShape>(pc + 8);
  const tail = pc + (POOL_WORDS << 2);
  switch (code) {
    case op.CONVOLUTION_FORWARD: {
      convolutionForward(rows, shape, word(behind, 0), word(behind, 1), word(behind, 2), word(behind, 3), word(behind, 4), real(behind, 5));
      break;
    }
    case op.CONVOLUTION_BACKWARD: {
      convolutionBackward(
        rows, shape, word(behind, 0), word(behind, 1), word(behind, 3), address(behind, 1) + gradients, address(behind, 2) + gradients,
        word(behind, 4), word(behind, 5),
      );
      break;
    }
    case op.CONVOLUTION_POOL_FORWARD: {
      convolutionPoolForward(rows, shape, word(behind, 0), word(behind, 1), word(behind, 2), word(behind, 3), word(behind, 4), word(behind, 5) != 0);
      break;
    }
    case op.CONVOLUTION_POOL_BACKWARD: {
      convolutionPoolBackward(
        rows, shape, word(behind, 0), word(behind, 3), word(behind, 5), word(behind, 4), address(behind, 1) + gradients,
        address(behind, 2) + gradients, word(behind, 6) != 0, word(behind, 7),
      );
      break;
    }
    case op.MAX_POOL_FORWARD: {
      maxPoolForward(rows, pool, word(tail, 0), word(tail, 1));
      break;
    }
    case op.MAX_POOL_BACKWARD: {
      maxPoolBackward(rows, pool, word(tail, 0), word(tail, 1), word(tail, 2), word(tail, 3));
      break;
    }
    case op.AVERAGE_POOL_FORWARD: {
      averagePoolForward(rows, pool, word(tail, 0), word(tail, 1));
      break;
    }
    case op.AVERAGE_POOL_BACKWARD: {
      averagePoolBackward(rows, pool, word(tail, 0), word(tail, 1));
      break;
    }
    case op.PAD_IMAGE: {
      moveImage(rows, pc, true);
      break;
    }
    case op.CROP_IMAGE: {
      moveImage(rows, pc, false);
      break;
    }
  }
}
