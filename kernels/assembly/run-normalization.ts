// Instructions of embedding, dropout, layer normalization and softmax.

import * as op from '../opcodes';
import { dropout, embeddingBackward, embeddingForward } from './embedding';
import { address, real, word } from './instruction';
import { layerNormBackward, layerNormForward, softmaxBackward, softmaxForward } from './normalization';

/** Returns the row whose token is not in the vocabulary, or -1. */
export function runNormalization(code: i32, pc: usize, rows: i32, gradients: usize, firstRow: i32, key: u64): i32 {
  switch (code) {
    case op.EMBEDDING_FORWARD: {
      const position = embeddingForward(rows * word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5));
      if (position >= 0) return position / word(pc, 0);
      break;
    }
    case op.EMBEDDING_BACKWARD: {
      embeddingBackward(rows * word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), address(pc, 4) + gradients, word(pc, 5));
      break;
    }
    case op.DROPOUT: {
      const first = <u64>firstRow * <u64>word(pc, 2);
      dropout(rows * word(pc, 2), word(pc, 0), word(pc, 1), first, key, word(pc, 5), word(pc, 3), real(pc, 4));
      break;
    }
    case op.LAYER_NORM_FORWARD: {
      layerNormForward(rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), real(pc, 8));
      break;
    }
    case op.LAYER_NORM_BACKWARD: {
      layerNormBackward(
        rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4), word(pc, 6), word(pc, 7), word(pc, 8),
        address(pc, 4) + gradients, address(pc, 5) + gradients,
      );
      break;
    }
    case op.SOFTMAX_FORWARD: {
      softmaxForward(rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4));
      break;
    }
    case op.SOFTMAX_BACKWARD: {
      softmaxBackward(rows * word(pc, 2), word(pc, 0), word(pc, 1), word(pc, 3), word(pc, 4), word(pc, 5));
      break;
    }
  }
  return -1;
}
