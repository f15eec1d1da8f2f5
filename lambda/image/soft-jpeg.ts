/**
 * The JPEG of a picture so soft that each block of 8 x 8 pixels is a gentle slope: written from one pixel a block,
 * without ever making the others.
 */
import { BitWriter, headOf, type JpegHead } from './jpeg-bits.ts';
import { open, type Pixels, type Size } from './sharp.ts';

/** Side of a block, px. */
export const BLOCK = 8;
/** Sigma of a blur, px, from which on its neighbours tell what is inside a block. */
const SOFT = 16;
/** Times sigma that a side is at least: what lies beyond the edges, which nobody knows, is guessed by whole blocks. */
const ROOM = 10;

/** One quality of all blocks, row by row, with a border of one that repeats its neighbours. */
interface Plane {
  values: Float32Array;
  /** Blocks across and down, without the border. */
  width: number;
  height: number;
}

/** Whether a picture may be written so when it is blurred: it is soft and large enough, and opaque, as JPEG wants it. */
export const canBeSoftJpeg = ({ width, height, channels }: Pixels, sigma: number) =>
  channels === 3 && sigma >= SOFT && Math.min(width, height) >= ROOM * sigma;

/**
 * Writes a soft picture, with half the resolution of colour, as our encoder does: as near to the true Gaussian as
 * encoding all its pixels, in a third of the time.
 *
 * @param means of the blocks, RGB; at the right and lower edge of those that reach over it, too
 * @param size of the picture, px
 */
export async function softJpeg(means: Pixels, size: Size, quality: number): Promise<Buffer> {
  // Headers and tables are the encoder's own, of a file of one pixel.
  const dot = open(means).extract({ left: 0, top: 0, width: 1, height: 1 });
  const head = headOf(await dot.jpeg({ quality, optimiseCoding: false }).toBuffer(), size);
  return Buffer.concat([head.bytes, blocks(head, means), END_OF_IMAGE]);
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** Four blocks of brightness, one of blue, one of red, and again. */
function blocks(head: JpegHead, means: Pixels): Buffer {
  const brightness = planeOf(means, BRIGHTNESS);
  const blue = planeOf(means, BLUE);
  const red = planeOf(means, RED);
  // A block has ten coefficients of up to 16 + 11 bits and an end of 4: 35 bytes, 70 if a zero had to follow each.
  const out = new BitWriter(70 * 6 * blue.width * blue.height + 1);
  const light = blockWriter(brightness, tablesOf(head, 0), out);
  const bluish = blockWriter(blue, tablesOf(head, 1), out);
  const reddish = blockWriter(red, tablesOf(head, 1), out);
  for (let y = 0; y < blue.height; y++) {
    for (let x = 0; x < blue.width; x++) {
      light(2 * x, 2 * y);
      light(2 * x + 1, 2 * y);
      light(2 * x, 2 * y + 1);
      light(2 * x + 1, 2 * y + 1);
      bluish(x, y);
      reddish(x, y);
    }
  }
  return out.end();
}

/** How red, green and blue add up to a quality, around zero; how many blocks across and down share a value of it. */
interface Quality {
  weights: readonly [number, number, number];
  zero: number;
  shared: number;
}

/** @see https://www.w3.org/Graphics/JPEG/jfif3.pdf */
const BRIGHTNESS: Quality = { weights: [0.299, 0.587, 0.114], zero: 128, shared: 1 };
const BLUE: Quality = { weights: [-0.168736, -0.331264, 0.5], zero: 0, shared: 2 };
const RED: Quality = { weights: [0.5, -0.418688, -0.081312], zero: 0, shared: 2 };

function planeOf(means: Pixels, { weights: [r, g, b], zero, shared }: Quality): Plane {
  const { data } = means;
  const width = (Math.ceil(means.width / 2) * 2) / shared;
  const height = (Math.ceil(means.height / 2) * 2) / shared;
  const values = new Float32Array((width + 2) * (height + 2));
  const part = 1 / (shared * shared);
  const inside = (value: number, end: number) => Math.min(Math.max(value, 0), end - 1);

  let to = 0;
  for (let y = -1; y <= height; y++) {
    for (let x = -1; x <= width; x++, to++) {
      let sum = 0;
      for (let each = 0; each < shared * shared; each++) {
        const row = inside(inside(y, height) * shared + (each >> 1), means.height);
        const column = inside(inside(x, width) * shared + (each & 1), means.width);
        const at = 3 * (row * means.width + column);
        sum += r * (data[at] ?? 0) + g * (data[at + 1] ?? 0) + b * (data[at + 2] ?? 0);
      }
      values[to] = sum * part - zero;
    }
  }
  return { values, width, height };
}

/** A slope, a bend and a twist of 1 between the means of neighbours, as coefficients of a block's cosines. */
const [SLOPE, SLOPE_THIRD, BEND, TWIST] = [-2.2777, -0.2381, 0.2788, 0.6485];

/** Gives a function that writes one block of a plane. */
function blockWriter({ values, width }: Plane, { divisors, first, code }: Tables, out: BitWriter) {
  const stride = width + 2;
  const near = (at: number) => values[at] ?? 0;
  const scale = (wave: number, k: number) => wave / (divisors[k] ?? 1);
  const scales = {
    mean: scale(8, 0),
    across: scale(SLOPE / 2, 1),
    down: scale(SLOPE / 2, 2),
    bendDown: scale(BEND, 3),
    twist: scale(TWIST / 4, 4),
    bendAcross: scale(BEND, 5),
    acrossThird: scale(SLOPE_THIRD / 2, 6),
    downThird: scale(SLOPE_THIRD / 2, 9),
  };
  const waves = new Int16Array(10);
  let last = 0;

  return (x: number, y: number) => {
    const at = (y + 1) * stride + x + 1;
    const mean = near(at);
    const [left, right, above, below] = [
      near(at - 1),
      near(at + 1),
      near(at - stride),
      near(at + stride),
    ];
    const across = right - left;
    const down = below - above;
    waves[1] = rounded(across * scales.across);
    waves[2] = rounded(down * scales.down);
    waves[3] = rounded((below - 2 * mean + above) * scales.bendDown);
    waves[4] = rounded(
      (near(at + stride + 1) -
        near(at + stride - 1) -
        near(at - stride + 1) +
        near(at - stride - 1)) *
        scales.twist,
    );
    waves[5] = rounded((right - 2 * mean + left) * scales.bendAcross);
    waves[6] = rounded(across * scales.acrossThird);
    waves[9] = rounded(down * scales.downThird);

    const whole = rounded(mean * scales.mean);
    out.coefficient(first, 0, whole - last);
    last = whole;
    let zeros = 0;
    for (let k = 1; k < 10; k++) {
      const value = waves[k];
      if (!value) zeros++;
      else {
        out.coefficient(code, zeros, value);
        zeros = 0;
      }
    }
    out.coefficient(code, 0, 0);
  };
}

/** Math.round takes four times as long; no coefficient reaches 2048. */
const rounded = (value: number) => ((value + 2048.5) | 0) - 2048;

/** What one kind of plane is written with. */
type Tables = ReturnType<typeof tablesOf>;

function tablesOf({ divisors, first, further }: JpegHead, kind: 0 | 1) {
  const [divided, firstCode, code] = [divisors[kind], first[kind], further[kind]];
  if (!divided || !firstCode || !code) throw new Error('The head of a JPEG lacks a table.');
  return { divisors: divided, first: firstCode, code };
}
