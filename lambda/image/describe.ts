/** What the header says, checked against the limits before a single pixel is decoded. */
import { LIMITS } from '../contract.ts';
import { PhotoError } from '../errors.ts';
import { profileOf } from './profile.ts';
import { countScans, MOST_SCANS } from './scans.ts';
import { sharp } from './sharp.ts';
import { type PhotoType, photoType } from './type.ts';

/** A photo that was looked at but not decoded. */
export interface Description {
  type: PhotoType;
  /** px, upright */
  width: number;
  /** px, upright */
  height: number;
  /** What to convert its colours by once it is small. */
  profile: Buffer | undefined;
}

/** @throws PhotoError of every kind but PHOTO_TOO_LARGE */
export async function describe(bytes: Uint8Array, maxPixels: number): Promise<Description> {
  const type = photoType(bytes);
  if (type === 'jpeg' && countScans(bytes) > MOST_SCANS) throw unreadable();
  const header = await readHeader(bytes);
  const { width, height } = header.autoOrient;

  if (width * height > maxPixels) {
    throw new PhotoError(
      'PHOTO_TOO_MANY_PIXELS',
      `The photo has ${width} x ${height} pixels; at most ${maxPixels} are accepted in all. Send a smaller one.`,
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
      `The photo is ${width} x ${height} pixels; each side needs at least ${LIMITS.minSide}. Send a larger one.`,
      { limit: LIMITS.minSide, actual: short },
    );
  }
  return { type, width, height, profile: profileOf(header) };
}

async function readHeader(bytes: Uint8Array) {
  try {
    // Only the header is read here; the pixel limit is ours to check, with its figures.
    return await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** @param cause what the decoder said: for the log alone */
export const unreadable = (cause?: unknown) =>
  new PhotoError(
    'PHOTO_UNREADABLE',
    'The photo is damaged or cut short and cannot be read. Export it again and send that file.',
    { cause },
  );
