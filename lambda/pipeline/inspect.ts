/** Checks the header of a photo against the limits before any pixel is decoded. */

import type { PhotoType } from '../../contract/image-signature.ts';
import { LIMITS } from '../../contract/limits.ts';
import { PhotoError } from '../errors.ts';
import { countScans, MAX_SCANS } from './jpeg-scan-count.ts';
import { profileOf } from './profile.ts';
import { sharp } from './sharp.ts';
import { photoType, unsupported } from './sniff.ts';

/** A photo that was inspected, but not decoded. */
export interface Description {
  type: PhotoType;
  /** px, upright */
  width: number;
  /** px, upright */
  height: number;
  /** ICC profile to apply after scaling. */
  profile: Buffer | undefined;
}

/** @throws PhotoError every code except PHOTO_TOO_LARGE */
export async function describe(bytes: Uint8Array, maxPixels: number): Promise<Description> {
  const type = photoType(bytes);
  if (type === 'jpeg' && countScans(bytes) > MAX_SCANS) throw unreadable();
  const header = await readHeader(bytes, maxPixels);
  const { width, height } = header.autoOrient;

  if (width * height > maxPixels) {
    throw new PhotoError(
      'PHOTO_TOO_MANY_PIXELS',
      `The photo has ${width} x ${height} pixels, which is more than ${maxPixels} in total. Send a smaller one.`,
      { limit: maxPixels, actual: width * height },
    );
  }
  const side = Math.max(width, height);
  if (side > LIMITS.maxSide) {
    throw new PhotoError(
      'PHOTO_TOO_MANY_PIXELS',
      `The photo is ${side} pixels long; at most ${LIMITS.maxSide} are accepted. Send a smaller one.`,
      { limit: LIMITS.maxSide, actual: side },
    );
  }
  const short = Math.min(width, height);
  if (short < LIMITS.minSide) {
    throw new PhotoError(
      'PHOTO_TOO_SMALL',
      `The photo is ${width} x ${height} pixels; each side must have at least ${LIMITS.minSide}. Send a larger one.`,
      { limit: LIMITS.minSide, actual: short },
    );
  }
  return { type, width, height, profile: profileOf(header) };
}

async function readHeader(bytes: Uint8Array, maxPixels: number) {
  try {
    // Reads only the header. The pixel limit is checked by us, to report its numbers.
    return await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (cause) {
    throw headerError(cause, maxPixels);
  }
}

/** Why libvips, or libheif, cannot read a header. */
function headerError(cause: unknown, maxPixels: number): PhotoError {
  const problem = String(cause);
  // The signature was accepted, so it is a HEIF file with another codec: JPEG 2000, VVC and so on.
  if (problem.includes('unsupported image format')) {
    return unsupported('a HEIF file with an unsupported codec', cause);
  }
  // libheif accepts 256 tiles: 67 megapixels with tiles of 512 x 512 px, as phones write them.
  if (problem.includes('Security limit exceeded: iinf')) {
    return new PhotoError(
      'PHOTO_TOO_MANY_PIXELS',
      `The photo has more than ${maxPixels} pixels in total. Send a smaller one.`,
      { limit: maxPixels, cause },
    );
  }
  return unreadable(cause);
}

/** @param cause error of the decoder, for the log only */
export const unreadable = (cause?: unknown) =>
  new PhotoError(
    'PHOTO_UNREADABLE',
    'The photo is damaged or incomplete. Export it again and send that file.',
    { cause },
  );
