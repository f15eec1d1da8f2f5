/** The blurred twin of a picture: so soft that few pixels hold all of it. */
import { open, type Pixels, type Size, toPixels } from './sharp.ts';

/** Sigma at which the blur is made, px: below it, what shrinking leaves out would begin to show. */
const SIGMA = 5;

const shrinkOf = (sigma: number) => Math.max(1, Math.floor(sigma / SIGMA));

/**
 * Blurs a picture by a Gaussian and gives it as small as the blur allows.
 *
 * @param sigma px of the picture
 */
export async function blurSmall(pixels: Pixels, sigma: number): Promise<Pixels> {
  const shrink = shrinkOf(sigma);
  const whole = await padded(pixels, shrink);
  const small = open(whole).resize(whole.width / shrink, whole.height / shrink, {
    fit: 'fill',
    // What a finer kernel would keep is blurred away next.
    kernel: 'linear',
  });
  // libvips cuts the bell off at a fifth of its height unless told otherwise.
  return toPixels(small.blur({ sigma: sigma / shrink, minAmplitude: 0.05 }));
}

/**
 * Gives what `blurSmall` made the size of its picture again. Pixels are repeated, which libvips does in a tenth
 * of the time of any other enlarging, then their edges smoothed: more than 45 dB from the true Gaussian.
 */
export function enlarge(soft: Pixels, sigma: number, to: Size): Promise<Pixels> {
  const shrink = shrinkOf(sigma);
  if (shrink === 1) return Promise.resolve(soft);

  const repeated = open(soft)
    .resize(soft.width * shrink, soft.height * shrink, { kernel: 'nearest' })
    .extract({ left: 0, top: 0, ...to });
  return toPixels(repeated.blur({ sigma: 0.4 * shrink, minAmplitude: 0.05 }));
}

/** Repeats the last column and row until `step` divides the size. */
async function padded(pixels: Pixels, step: number): Promise<Pixels> {
  const right = (step - (pixels.width % step)) % step;
  const bottom = (step - (pixels.height % step)) % step;
  if (right === 0 && bottom === 0) return pixels;
  return toPixels(open(pixels).extend({ right, bottom, extendWith: 'copy' }));
}
