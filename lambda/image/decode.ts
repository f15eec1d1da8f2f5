/** The one decode: everything that is stored is made from its pixels. */
import { readWhole } from './damage.ts';
import { type Description, unreadable } from './describe.ts';
import { open, type Pixels, type Size, type Strictness, sharp, toPixels } from './sharp.ts';

/** Wall seconds for one decode: 50 million pixels take 2 to 4, the whole function has 28. */
const SECONDS = 20;

/**
 * Decodes a photo to `size` (upright, at most its own): upright, sRGB, nothing but pixels.
 * RGBA only where something is transparent.
 *
 * @throws PhotoError PHOTO_UNREADABLE
 */
export async function decode(bytes: Uint8Array, photo: Description, size: Size): Promise<Pixels> {
  const read = (source: Uint8Array, failOn: Strictness) =>
    readPixels(source, photo, { size, failOn });
  try {
    return await withoutIdleAlpha(await readWhole(bytes, photo.type, read));
  } catch (cause) {
    throw unreadable(cause);
  }
}

function readPixels(
  bytes: Uint8Array,
  photo: Description,
  { size, failOn }: { size: Size; failOn: Strictness },
): Promise<Pixels> {
  const pipeline = sharp(bytes, { failOn, limitInputPixels: false })
    .timeout({ seconds: SECONDS })
    .autoOrient()
    .resize(size.width, size.height, { fit: 'fill', fastShrinkOnLoad: isOnShrinkGrid(photo) });
  return photo.profile === 'rgb'
    ? toSrgbWhenSmall(pipeline)
    : toPixels(pipeline.toColourspace('srgb'));
}

/**
 * libvips lets libjpeg shrink by 2 or 4 while it decodes (not by 8: no photo is eight masters long). Where that
 * leaves a part of a pixel over, the picture comes out stretched by it, down to 34 dB from the true one: then it is
 * shrunk after decoding.
 */
const isOnShrinkGrid = ({ width, height }: Size) => width % 4 === 0 && height % 4 === 0;

/**
 * Converts the colours of the shrunk picture, not those of the source: at 12 million pixels, 0.1 s instead
 * of 0.35. PNG, here without compression, is the way to carry pixels and their profile to a second pipeline.
 */
async function toSrgbWhenSmall(pipeline: ReturnType<typeof sharp>): Promise<Pixels> {
  const small = await pipeline.keepIccProfile().png({ compressionLevel: 0 }).toBuffer();
  return toPixels(sharp(small).toColourspace('srgb'));
}

/** Drops an alpha channel that is opaque everywhere. */
async function withoutIdleAlpha(pixels: Pixels): Promise<Pixels> {
  if (pixels.channels === 3) return pixels;
  for (let at = 3; at < pixels.data.length; at += 4) if (pixels.data[at] !== 255) return pixels;
  return toPixels(open(pixels).removeAlpha());
}
