/**
 * The JPEG of a picture so soft that each block of 8 x 8 pixels is a gentle slope: written from one pixel a block,
 * without ever making the others.
 */
import { BitWriter, type CodeTable, headOf, type JpegHead } from './jpeg-bits.ts';
import { open, type Pixels, type Size } from './sharp.ts';

/** Side of a block, px. */
export const BLOCK = 8;
/** Sigma of a blur, px, from which on its neighbours tell what is inside a block. */
const SOFT = 16;
/** Times sigma that a side is at least: what lies beyond the edges, which nobody knows, is guessed by whole blocks. */
const ROOM = 10;

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

/** One quality of all blocks, row by row, with a border of one that repeats its neighbours. */
interface Plane {
  values: Float32Array;
  /** Blocks across and down, without the border. */
  width: number;
  height: number;
}

const plane = (width: number, height: number): Plane => ({
  values: new Float32Array((width + 2) * (height + 2)),
  width,
  height,
});

/** Four blocks of brightness, one of blue, one of red, and again. */
function blocks(head: JpegHead, means: Pixels): Buffer {
  const { brightness, blue, red } = planesOf(means);
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

/** Brightness and, of four blocks together, how blue and how red. @see https://www.w3.org/Graphics/JPEG/jfif3.pdf */
function planesOf({ data, width, height }: Pixels) {
  const [across, down] = [(width + 1) >> 1, (height + 1) >> 1];
  const brightness = plane(2 * across, 2 * down);
  const [blue, red] = [plane(across, down), plane(across, down)];

  for (let y = 0; y < brightness.height; y++) {
    const row = 3 * width * Math.min(y, height - 1);
    let to = (y + 1) * (brightness.width + 2) + 1;
    for (let x = 0; x < brightness.width; x++, to++) {
      const at = row + 3 * (x < width ? x : width - 1);
      const r = data[at] ?? 0;
      const g = data[at + 1] ?? 0;
      const b = data[at + 2] ?? 0;
      brightness.values[to] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
      const four = ((y >> 1) + 1) * (across + 2) + (x >> 1) + 1;
      blue.values[four] = (blue.values[four] ?? 0) - 0.042184 * r - 0.082816 * g + 0.125 * b;
      red.values[four] = (red.values[four] ?? 0) + 0.125 * r - 0.104672 * g - 0.020328 * b;
    }
  }
  for (const each of [brightness, blue, red]) repeatEdges(each);
  return { brightness, blue, red };
}

function repeatEdges({ values, width, height }: Plane): void {
  const stride = width + 2;
  for (let row = stride; row <= height * stride; row += stride) {
    values[row] = values[row + 1] ?? 0;
    values[row + width + 1] = values[row + width] ?? 0;
  }
  values.copyWithin(0, stride, 2 * stride);
  values.copyWithin((height + 1) * stride, height * stride, (height + 1) * stride);
}

/** A slope, a bend and a twist of 1 between the means of neighbours, as coefficients of a block's cosines. */
const [SLOPE, SLOPE_THIRD, BEND, TWIST] = [-2.2777, -0.2381, 0.2788, 0.6485];

/** Gives a function that writes one block of a plane. */
function blockWriter(
  { values, width }: Plane,
  { divisors, first, further }: Tables,
  out: BitWriter,
) {
  const stride = width + 2;
  const scale = (wave: number, k: number) => wave / (divisors[k] ?? 1);
  const [flat, across, down] = [scale(8, 0), scale(SLOPE / 2, 1), scale(SLOPE / 2, 2)];
  const [bendDown, twisted, bendAcross] = [scale(BEND, 3), scale(TWIST / 4, 4), scale(BEND, 5)];
  const [acrossThird, downThird] = [scale(SLOPE_THIRD / 2, 6), scale(SLOPE_THIRD / 2, 9)];
  let lastMean = 0;
  let lastWave = 0;

  /** One coefficient, most of which are nothing. */
  function put(k: number, value: number) {
    if (value > -0.5 && value < 0.5) return;
    out.coefficient(further, k - lastWave - 1, rounded(value));
    lastWave = k;
  }

  return (x: number, y: number) => {
    const at = (y + 1) * stride + x + 1;
    const mean = values[at] ?? 0;
    const left = values[at - 1] ?? 0;
    const right = values[at + 1] ?? 0;
    const above = values[at - stride] ?? 0;
    const below = values[at + stride] ?? 0;
    const falling = (values[at - stride - 1] ?? 0) + (values[at + stride + 1] ?? 0);
    const rising = (values[at - stride + 1] ?? 0) + (values[at + stride - 1] ?? 0);

    const whole = rounded(mean * flat);
    out.coefficient(first, 0, whole - lastMean);
    lastMean = whole;
    lastWave = 0;
    put(1, (right - left) * across);
    put(2, (below - above) * down);
    put(3, (below - 2 * mean + above) * bendDown);
    put(4, (falling - rising) * twisted);
    put(5, (right - 2 * mean + left) * bendAcross);
    put(6, (right - left) * acrossThird);
    put(9, (below - above) * downThird);
    out.coefficient(further, 0, 0);
  };
}

/** Math.round takes four times as long; no coefficient reaches 2048. */
const rounded = (value: number) => ((value + 2048.5) | 0) - 2048;

/** What one kind of plane is written with. */
interface Tables {
  divisors: Uint8Array;
  first: CodeTable;
  further: CodeTable;
}

function tablesOf({ divisors, first, further }: JpegHead, kind: 0 | 1): Tables {
  const [own, firstCodes, furtherCodes] = [divisors[kind], first[kind], further[kind]];
  if (!own || !firstCodes || !furtherCodes) throw new Error('The head of a JPEG lacks a table.');
  return { divisors: own, first: firstCodes, further: furtherCodes };
}
