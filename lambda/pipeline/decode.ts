/** The one decode: everything that is stored is made from its pixels. */

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
import { halved, isOnShrinkGrid } from './shrink-on-load.ts';
import { readWhole } from './truncation.ts';

/** Wall seconds for one decode: 50 million pixels take 2 to 4; libvips stops some seconds late, the function has 28. */
const SECONDS = 15;

/**
 * Decodes a photo to `size` (upright, at most its own): upright, sRGB, nothing but pixels.
 * RGBA only where something is transparent.
 *
 * @throws PhotoError PHOTO_UNREADABLE
 */
export async function decode(bytes: Uint8Array, photo: Description, size: Size): Promise<Pixels> {
  const { type } = photo;
  if (type === 'heic') {
    // Outside of what is blamed on the photo: that its decoder cannot be loaded is our fault.
    const heif = await loadHeif();
    return pixelsOf(async () => shrink(await openHeic(heif, bytes, photo), photo, size));
  }
  const read = (source: Uint8Array, failOn: Strictness) =>
    halved(source, { photo, size }, (input) =>
      shrink(openPhoto(input, photo, failOn), photo, size),
    );
  return pixelsOf(() => readWhole(bytes, type, read));
}

async function pixelsOf(read: () => Promise<Pixels>): Promise<Pixels> {
  try {
    return await withoutIdleAlpha(await read());
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Where a profile is applied later, libvips must not do it first. */
const openPhoto = (input: Uint8Array | string, { profile }: Description, failOn: Strictness) =>
  sharp(input, { failOn, limitInputPixels: false, ignoreIcc: profile !== undefined }).autoOrient();

function shrink(pipeline: Sharp, photo: Description, { width, height }: Size): Promise<Pixels> {
  const small = pipeline.timeout({ seconds: SECONDS }).resize(width, height, {
    fit: 'fill',
    // 50 dB and more from lanczos3, and a tenth of the decode less.
    kernel: 'lanczos2',
    fastShrinkOnLoad: isOnShrinkGrid(photo),
  });
  return photo.profile ? toSrgb(small, photo.profile) : toPixels(small.toColourspace('srgb'));
}

/** Drops an alpha channel that is opaque everywhere. */
async function withoutIdleAlpha(pixels: Pixels): Promise<Pixels> {
  if (pixels.channels === 3) return pixels;
  for (let at = 3; at < pixels.data.length; at += 4) if (pixels.data[at] !== 255) return pixels;
  return toPixels(open(pixels).removeAlpha());
}
