/** The only import of sharp: libvips with every decoder disabled except those of the accepted formats. */
import sharp, { type FailOnOptions, type Sharp } from 'sharp';

// Unused decoders are attack surface: SVG, TIFF, PDF and the rest are disabled inside libvips as well.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadHeif',
    'VipsForeignLoadNsgif',
  ],
});
// No photo is opened twice: a cache of operations would only hold memory.
sharp.cache(false);

export { type Sharp, sharp };

/** The severity at which libvips aborts a decode. */
export type Strictness = FailOnOptions;

/** Decoded pixels: upright, sRGB, 8 bits per channel, RGB or RGBA. */
export interface Pixels {
  data: Buffer;
  /** px */
  width: number;
  /** px */
  height: number;
  channels: 3 | 4;
}

/** Starts a pipeline on pixels. */
export const open = ({ data, width, height, channels }: Pixels) =>
  sharp(data, { raw: { width, height, channels } });

/** Runs a pipeline and returns its pixels. */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { data, width, height, channels: info.channels === 4 ? 4 : 3 };
}

/** Starts a pipeline that scales pixels to a size. */
export const scaled = (pixels: Pixels, { width, height }: Size) =>
  pixels.width === width && pixels.height === height
    ? open(pixels)
    : open(pixels).resize(width, height, { fit: 'fill' });

/** Scales pixels; returns them unchanged if they have the size already. */
export function resize(pixels: Pixels, size: Size): Promise<Pixels> {
  const isSame = pixels.width === size.width && pixels.height === size.height;
  return isSame ? Promise.resolve(pixels) : toPixels(scaled(pixels, size));
}

/** px */
export interface Size {
  width: number;
  height: number;
}

/** Scales pixels and converts them to RGBA. */
export const withAlpha = (pixels: Pixels, size: Size): Promise<Pixels> =>
  toPixels(scaled(pixels, size).ensureAlpha());
