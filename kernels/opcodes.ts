// Instruction numbers of a compiled plan. Read by TypeScript (which writes plans) and by kernels/assembly/run.ts (which runs them).
// An instruction is [opcode, length in words, ...arguments], each word 32 bits; arguments are in the order of the comment.

/** pointer, floats per row: refuses NaN and infinity. */
export const CHECK_FINITE = 1;
/** inputs, units (padded), positions a row, x, ldx, w, bias, y, activation, slope, scratch */
export const DENSE_FORWARD = 2;
/** inputs, units (padded), positions a row, x, ldx, w, bias, dz, dx, scratch */
export const DENSE_BACKWARD = 3;
/** inputs, positions a row, x, ldx, w, bias, y, activation, slope */
export const SINGLE_UNIT_FORWARD = 4;
/** inputs, positions a row, x, ldx, w, bias, dz, dx */
export const SINGLE_UNIT_BACKWARD = 5;
/** kind, x, y, floats per row, slope */
export const ACTIVATE = 6;
/** kind, value, d, floats per row, slope */
export const ACTIVATE_BACKWARD = 7;
/** inner length, width, x, ldx, y, ldy: rows x inner to inner x rows */
export const TO_TIME_MAJOR = 8;
/** inner length, width, x, ldx, y, ldy: inner x rows to rows x inner */
export const TO_BATCH_MAJOR = 9;
/** positions a row, width, x, stride of a position, stride of a row, y, stride of a position, stride of a row */
export const COPY_ROWS = 10;
/** x, y, floats per row: y += x */
export const ADD_INTO = 11;
/** pointer, floats per row */
export const ZERO_FILL = 12;
/** steps, width, sequence, last: copies the last step */
export const LAST_STEP = 13;
/** kind, outputs, y, ldy, target, ldt, first output's column, outputs of all heads, dy, parameter, head */
export const LOSS = 14;
/** steps, features, units, x, ldx, wx, wh, biasX, biasH, gates, h, lengths, length stride, scratch */
export const GRU_FORWARD = 15;
/** steps, features, units, x, ldx, wx, wh, biasX, biasH, gates, h, dh, dSequence, dx, lengths, length stride, scratch */
export const GRU_BACKWARD = 16;
/** steps, features, units, x, ldx, wx, wh, bias, gates, h, cells, cell tanh, lengths, length stride, scratch */
export const LSTM_FORWARD = 17;
/** steps, features, units, x, ldx, wx, wh, bias, gates, h, cells, cell tanh, dh, dc, dSequence, dx, lengths, length stride, scratch */
export const LSTM_BACKWARD = 18;
/** steps, features, units, x, ldx, wx, wh, bias, h, activation, lengths, length stride */
export const SIMPLE_RNN_FORWARD = 19;
/** steps, features, units, x, ldx, wx, wh, bias, h, dz, dh, dSequence, dx, activation, lengths, length stride, scratch */
export const SIMPLE_RNN_BACKWARD = 20;
/** shape block (ConvolutionShape), x, w, bias, y, activation, slope */
export const CONVOLUTION_FORWARD = 21;
/** shape block, x, w, bias, dz, dx, scratch */
export const CONVOLUTION_BACKWARD = 22;
/** shape block, x, w, bias, y, index, rectify */
export const CONVOLUTION_POOL_FORWARD = 23;
/** shape block, x, w, bias, y, index, dy, rectify, scratch */
export const CONVOLUTION_POOL_BACKWARD = 24;
/** shape block (PoolShape), x, y */
export const MAX_POOL_FORWARD = 25;
/** shape block, x, y, dy, dx */
export const MAX_POOL_BACKWARD = 26;
/** shape block, x, y */
export const AVERAGE_POOL_FORWARD = 27;
/** shape block, dy, dx */
export const AVERAGE_POOL_BACKWARD = 28;
/** small height, width, floats of a pixel, top, left, large height, width, small, large: copies small into large, border zero */
export const PAD_IMAGE = 29;
/** small height, width, floats of a pixel, top, left, large height, width, large, small: copies the middle of large into small */
export const CROP_IMAGE = 30;
/** positions, vocabulary, width, x, table, y */
export const EMBEDDING_FORWARD = 31;
/** positions, vocabulary, width, x, table, dy */
export const EMBEDDING_BACKWARD = 32;
/** x, y, floats per row, threshold, scale, salt */
export const DROPOUT = 33;
/** width, pitch, positions a row, x, y, gamma, beta, statistics, epsilon */
export const LAYER_NORM_FORWARD = 34;
/** width, pitch, positions a row, x, gamma, beta, statistics, dy, dx */
export const LAYER_NORM_BACKWARD = 35;
/** width, pitch, positions a row, x, y */
export const SOFTMAX_FORWARD = 36;
/** width, pitch, positions a row, y, dy, dx */
export const SOFTMAX_BACKWARD = 37;
