/** The blurred twin of a picture: so soft that few pixels hold all of it. */
import { open, type Pixels, resize, toPixels } from './sharp.ts';

/** Sigma at which the blur is made, px: below it, what shrinking leaves out would begin to show. */
const SIGMA = 5;

/**
 * Blurs a picture by a Gaussian and gives it as small as the blur allows.
 *
 * @param sigma px of the picture
 */
export async function blurSmall(pixels: Pixels, sigma: number): Promise<Pixels> {
  const shrink = Math.max(1, sigma / SIGMA);
  const small = await resize(pixels, {
    width: Math.ceil(pixels.width / shrink),
    height: Math.ceil(pixels.height / shrink),
  });
  // libvips cuts the bell off at a fifth of its height unless told otherwise.
  return toPixels(open(small).blur({ sigma: sigma / shrink, minAmplitude: 0.05 }));
}
