import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Images with pixels in [0, 1] and their digits as one-hot rows of 10. */
export interface Images {
  readonly count: number;
  /** Height and width. */
  readonly size: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

const DIGITS = 10;

/** The 8 x 8 digits that come with the example (UCI optdigits, CC BY 4.0; see data/README.md). */
export function readOptdigits(): Images {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, 'data', 'optdigits.tra.gz'))).toString('utf8');
  const rows = text.trim().split('\n').slice(1);
  const features = new Float32Array(rows.length * 64);
  const targets = new Float32Array(rows.length * DIGITS);
  rows.forEach((line, row) => {
    const values = line.split(',').map(Number);
    for (let pixel = 0; pixel < 64; pixel++) features[row * 64 + pixel] = values[pixel]! / 16;
    targets[row * DIGITS + values[64]!] = 1;
  });
  return { count: rows.length, size: 8, features, targets };
}

/** The 28 x 28 digits of MNIST from a folder with train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz; undefined where it is not there. */
export function readMnist(folder: string): Images | undefined {
  const files = ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'].map((name) => join(folder, name));
  if (!files.every((file) => existsSync(file))) return undefined;
  const [images, labels] = files.map((file) => gunzipSync(readFileSync(file))) as [Buffer, Buffer];
  // Big-endian: magic, count, height, width, then a byte a pixel; labels: magic, count, then a byte each.
  if (images.readUInt32BE(0) !== 2051 || labels.readUInt32BE(0) !== 2049) throw new Error(`${folder} does not hold MNIST's files`);
  const count = images.readUInt32BE(4);
  const size = images.readUInt32BE(8);
  const features = Float32Array.from(images.subarray(16, 16 + count * size * size), (pixel) => pixel / 255);
  const targets = new Float32Array(count * DIGITS);
  for (let row = 0; row < count; row++) targets[row * DIGITS + labels[8 + row]!] = 1;
  return { count, size, features, targets };
}

/** Rows `from` to `to` of some images. */
export function slice(images: Images, from: number, to: number): Images {
  const pixels = images.size * images.size;
  const features = images.features.subarray(from * pixels, to * pixels);
  return { count: to - from, size: images.size, features, targets: images.targets.subarray(from * DIGITS, to * DIGITS) };
}
