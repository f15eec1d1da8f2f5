/** Gaussian blur, of as few pixels as hold all of what is left: the softer, the fewer. */
import { open, type Pixels, type Sharp, type Size, toPixels } from './sharp.ts';

/** Sigma at which the blur is made, px: below it, what shrinking leaves out would begin to show. */
const SIGMA = 5;

/**
 * Blurs a picture: more than 40 dB from the true Gaussian.
 *
 * @param sigma px of the picture
 */
export async function blur(pixels: Pixels, sigma: number): Promise<Pixels> {
  // Below this libvips refuses: it would change nothing.
  if (sigma < 0.3) return pixels;
  const step = Math.max(1, Math.floor(sigma / SIGMA));
  if (step === 1) return gaussian(open(pixels), sigma, 'integer');
  return enlarge(await blurSmall(await thin(pixels, step), sigma / step), step, pixels);
}

/** One pixel for each `step` x `step` of a picture; those at the right and lower edge may reach over it. */
export async function thin(pixels: Pixels, step: number): Promise<Pixels> {
  const whole = await padded(pixels, step);
  // What a finer kernel would keep is blurred away next.
  const size = { fit: 'fill', kernel: 'linear' } as const;
  return toPixels(open(whole).resize(whole.width / step, whole.height / step, size));
}

/** Blurs a picture of so few pixels that the exact bell may be taken: the quick one falls to 37 dB for some sigmas. */
export const blurSmall = (pixels: Pixels, sigma: number) => gaussian(open(pixels), sigma, 'float');

/**
 * Gives what was made small its size again. Pixels are repeated, which libvips does in a tenth of the time of any
 * other enlarging, then their edges smoothed.
 */
function enlarge(soft: Pixels, step: number, { width, height }: Size): Promise<Pixels> {
  const repeated = open(soft)
    .resize(soft.width * step, soft.height * step, { kernel: 'nearest' })
    .extract({ left: 0, top: 0, width, height });
  return gaussian(repeated, 0.4 * step, 'integer');
}

/** The bell is cut off at a fiftieth of its height: libvips' own fifth, and a twentieth for some sigmas, miss 40 dB. */
const gaussian = (pipeline: Sharp, sigma: number, precision: 'float' | 'integer') =>
  toPixels(pipeline.blur({ sigma, minAmplitude: 0.02, precision }));

/** Repeats the last column and row until `step` divides the size. */
async function padded(pixels: Pixels, step: number): Promise<Pixels> {
  const right = (step - (pixels.width % step)) % step;
  const bottom = (step - (pixels.height % step)) % step;
  if (right === 0 && bottom === 0) return pixels;
  return toPixels(open(pixels).extend({ right, bottom, extendWith: 'copy' }));
}
