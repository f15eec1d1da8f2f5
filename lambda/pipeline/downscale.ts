/** Sizes of what is made from a photo, and the smallest size it may be decoded at. */
import type { CropSpec } from '../../contract/crop.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Size } from './sharp.ts';

/** Size of the master: that of the photo or smaller, never larger. */
export const masterSize = (photo: Size): Size => times(photo, masterScale(photo));

/** Size of the preview that crop, ThumbHash and color are computed from: 32 px on its longer side, enough for ThumbHash's 7 waves. */
export const previewSize = (photo: Size): Size =>
  times(photo, 32 / Math.max(photo.width, photo.height));

/**
 * Size of the blurred master: 512 px on its longer side, which hold everything that a sigma of 20 px leaves of 2048 px. A
 * smaller sigma leaves more detail: 5 px of the result are kept.
 *
 * @param sigma px of the master
 */
export const blurredMasterSize = (master: Size, sigma: number): Size =>
  times(master, Math.min(1, Math.max(512 / Math.max(master.width, master.height), 5 / sigma)));

/** Size of the decode that master and squares of up to `largest` px are made from. */
export function decodedSize(photo: Size, spec: CropSpec, largest: number): Size {
  const shown =
    spec.strategy === 'RECTANGLE'
      ? Math.min(spec.width * photo.width, spec.height * photo.height)
      : Math.min(photo.width, photo.height);
  // A panorama or a small rectangle has too few pixels left in the master for the largest square.
  return times(photo, Math.max(masterScale(photo), Math.min(1, largest / shown)));
}

/** A photo of nearly twice the size of the master, as most phones take, is halved: 2016 px instead of 2048, in half the decode time. */
const masterScale = ({ width, height }: Size) => {
  const scale = Math.min(1, LIMITS.masterSide / Math.max(width, height));
  return scale > 0.5 && scale < 0.52 ? 0.5 : scale;
};

const times = ({ width, height }: Size, scale: number): Size => ({
  width: Math.max(1, Math.round(width * scale)),
  height: Math.max(1, Math.round(height * scale)),
});
