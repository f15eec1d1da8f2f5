/** The one decode: everything that is stored is made from its pixels. */
import { type Description, unreadable } from './describe.ts';
import { open, type Pixels, type Size, sharp, toPixels } from './sharp.ts';

/** Wall seconds for one decode: 50 million pixels take 2 to 4, the whole function has 28. */
const SECONDS = 20;

/**
 * Decodes a photo to the given size (at most its own, upright): upright, sRGB, nothing but pixels.
 * RGBA only where something is transparent.
 *
 * @throws PhotoError PHOTO_UNREADABLE
 */
export async function decode(
  bytes: Uint8Array,
  { orientation }: Description,
  { width, height }: Size,
): Promise<Pixels> {
  const isTurned = orientation >= 5;
  const pipeline = sharp(bytes, { failOn: 'error', limitInputPixels: false })
    .timeout({ seconds: SECONDS })
    .resize(isTurned ? height : width, isTurned ? width : height, {
      fit: 'fill',
      // libvips' fastest shrinking while it decodes strays to 28 dB from the true picture.
      fastShrinkOnLoad: false,
    })
    .toColourspace('srgb');
  const pixels = await toPixels(pipeline).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  return turnUpright(await withoutIdleAlpha(pixels), orientation);
}

/** Drops an alpha channel that is opaque everywhere. */
async function withoutIdleAlpha(pixels: Pixels): Promise<Pixels> {
  if (pixels.channels === 3) return pixels;
  for (let at = 3; at < pixels.data.length; at += 4) if (pixels.data[at] !== 255) return pixels;
  return toPixels(open(pixels).removeAlpha());
}

/**
 * Applies an EXIF orientation to pixels already made small: turning needs the whole picture in memory,
 * which for 48 million pixels is more than all the rest.
 */
async function turnUpright(pixels: Pixels, orientation: number): Promise<Pixels> {
  const turn = TURNS[orientation];
  if (!turn) return pixels;

  const mirrored = turn.isMirrored ? await toPixels(open(pixels).flop()) : pixels;
  return turn.angle ? toPixels(open(mirrored).rotate(turn.angle)) : mirrored;
}

/** EXIF 2.32, tag 0x0112: mirror left to right first, then turn clockwise. */
const TURNS: Record<number, { isMirrored?: boolean; angle?: 90 | 180 | 270 }> = {
  2: { isMirrored: true },
  3: { angle: 180 },
  4: { isMirrored: true, angle: 180 },
  5: { isMirrored: true, angle: 270 },
  6: { angle: 90 },
  7: { isMirrored: true, angle: 90 },
  8: { angle: 270 },
};
