// Instructions of the recurrent layers.

import * as op from '../opcodes';
import { gruBackward, gruForward } from './gru';
import { address, word } from './instruction';
import { lstmBackward, lstmForward } from './lstm';
import { simpleRnnBackward, simpleRnnForward } from './simple-rnn';

export function runRecurrent(code: i32, pc: usize, rows: i32, gradients: usize): void {
  switch (code) {
    case op.GRU_FORWARD: {
      gruForward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), word(pc, 8),
        word(pc, 9), word(pc, 10), word(pc, 11), word(pc, 12), word(pc, 13),
      );
      break;
    }
    case op.GRU_BACKWARD: {
      gruBackward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 9), word(pc, 10),
        word(pc, 11), word(pc, 12), address(pc, 5) + gradients, address(pc, 6) + gradients, address(pc, 7) + gradients,
        address(pc, 8) + gradients, word(pc, 13), word(pc, 14), word(pc, 15), word(pc, 16),
      );
      break;
    }
    case op.LSTM_FORWARD: {
      lstmForward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), word(pc, 8),
        word(pc, 9), word(pc, 10), word(pc, 11), word(pc, 12), word(pc, 13), word(pc, 14),
      );
      break;
    }
    case op.LSTM_BACKWARD: {
      lstmBackward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 8), word(pc, 9),
        word(pc, 10), word(pc, 11), word(pc, 12), word(pc, 13), word(pc, 14), address(pc, 5) + gradients, address(pc, 6) + gradients,
        address(pc, 7) + gradients, word(pc, 15), word(pc, 16), word(pc, 17), word(pc, 18),
      );
      break;
    }
    case op.SIMPLE_RNN_FORWARD: {
      simpleRnnForward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 7), word(pc, 8),
        word(pc, 9), word(pc, 10), word(pc, 11),
      );
      break;
    }
    case op.SIMPLE_RNN_BACKWARD: {
      simpleRnnBackward(
        rows, word(pc, 0), word(pc, 1), word(pc, 2), word(pc, 3), word(pc, 4), word(pc, 5), word(pc, 6), word(pc, 8), word(pc, 9),
        word(pc, 10), word(pc, 11), address(pc, 5) + gradients, address(pc, 6) + gradients, address(pc, 7) + gradients, word(pc, 12),
        word(pc, 13), word(pc, 14), word(pc, 15), word(pc, 16),
      );
      break;
    }
  }
}
