/** Decodes a photo once; every variant is made from these pixels. */
import { openHeic } from './heic.ts';
import { type Description, unreadable } from './inspect.ts';
import { loadHeif } from './libheif.ts';
import { toSrgb } from './profile.ts';
import {
  open,
  type Pixels,
  type Sharp,
  type Size,
  type Strictness,
  sharp,
  toPixels,
} from './sharp.ts';
import { isOnShrinkGrid, readAtHalfSize } from './shrink-on-load.ts';
import { readComplete } from './truncation.ts';

/** s per decode: 50 megapixels take 2 to 4; libvips stops several seconds late, and the function has 28. */
const DECODE_TIMEOUT_S = 15;

/**
 * Decodes a photo to upright sRGB pixels of `size` (upright, at most the photo's own). RGBA only if something is transparent.
 *
 * @throws PhotoError PHOTO_UNREADABLE
 */
export async function decode(bytes: Uint8Array, photo: Description, size: Size): Promise<Pixels> {
  const { type } = photo;
  if (type === 'heic') {
    // Not inside `pixelsOf`: a decoder that cannot be loaded is our fault, not the photo's.
    const heif = await loadHeif();
    return pixelsOf(async () => shrink(await openHeic(heif, bytes, photo), photo, size));
  }
  const read = (source: Uint8Array, failOn: Strictness) =>
    readAtHalfSize(source, { photo, size }, (input) =>
      shrink(openPhoto(input, photo, failOn), photo, size),
    );
  return pixelsOf(() => readComplete(bytes, type, read));
}

async function pixelsOf(read: () => Promise<Pixels>): Promise<Pixels> {
  try {
    return await withoutOpaqueAlpha(await read());
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** libvips must not apply a profile that is applied later. */
const openPhoto = (input: Uint8Array | string, { profile }: Description, failOn: Strictness) =>
  sharp(input, { failOn, limitInputPixels: false, ignoreIcc: profile !== undefined }).autoOrient();

function shrink(pipeline: Sharp, photo: Description, { width, height }: Size): Promise<Pixels> {
  const small = pipeline.timeout({ seconds: DECODE_TIMEOUT_S }).resize(width, height, {
    fit: 'fill',
    // At least 50 dB from lanczos3, and 10 % faster.
    kernel: 'lanczos2',
    fastShrinkOnLoad: isOnShrinkGrid(photo),
  });
  return photo.profile ? toSrgb(small, photo.profile) : toPixels(small.toColourspace('srgb'));
}

/** Drops a fully opaque alpha channel. */
async function withoutOpaqueAlpha(pixels: Pixels): Promise<Pixels> {
  if (pixels.channels === 3) return pixels;
  for (let at = 3; at < pixels.data.length; at += 4) if (pixels.data[at] !== 255) return pixels;
  return toPixels(open(pixels).removeAlpha());
}
