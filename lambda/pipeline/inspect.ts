/** What the header says, checked against the limits before a single pixel is decoded. */
import { LIMITS } from '../../contract/limits.ts';
import { PhotoError } from '../errors.ts';
import { countScans, MOST_SCANS } from './jpeg-scan-count.ts';
import { profileOf } from './profile.ts';
import { sharp } from './sharp.ts';
import { type PhotoType, photoType, unsupported } from './sniff.ts';

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
  const header = await readHeader(bytes, maxPixels);
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

async function readHeader(bytes: Uint8Array, maxPixels: number) {
  try {
    // Only the header is read here; the pixel limit is ours to check, with its figures.
    return await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (cause) {
    throw refusal(cause, maxPixels);
  }
}

/** What a header is refused for that libvips, or libheif below it, does not read. */
function refusal(cause: unknown, maxPixels: number): PhotoError {
  const problem = String(cause);
  // The signature was one of ours, so it is a HEIF: with pictures of JPEG 2000, VVC and the like.
  if (problem.includes('unsupported image format')) {
    return unsupported('a HEIF of a kind not known here', cause);
  }
  // 256 pieces are taken: of 512 x 512 px, as phones cut them, 67 million pixels.
  if (problem.includes('Security limit exceeded: iinf')) {
    return new PhotoError(
      'PHOTO_TOO_MANY_PIXELS',
      `The photo has more than the ${maxPixels} pixels accepted in all. Send a smaller one.`,
      { limit: maxPixels, cause },
    );
  }
  return unreadable(cause);
}

/** @param cause what the decoder said: for the log alone */
export const unreadable = (cause?: unknown) =>
  new PhotoError(
    'PHOTO_UNREADABLE',
    'The photo is damaged or cut short and cannot be read. Export it again and send that file.',
    { cause },
  );
