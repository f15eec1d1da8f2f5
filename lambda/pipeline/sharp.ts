/** The one door to sharp: libvips with every decoder shut but those a photo may need. */
import sharp, { type FailOnOptions, type Sharp } from 'sharp';

// A decoder nobody needs is a hole nobody watches: SVG, TIFF, PDF and the rest are refused inside libvips, too.
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
// No picture is opened twice, so a cache of operations would only hold memory.
sharp.cache(false);

export { type Sharp, sharp };

/** What libvips takes as the end of a decode. */
export type Strictness = FailOnOptions;

/** A picture in memory: upright, sRGB, 8 bits a channel, RGB or RGBA. */
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

/** Ends a pipeline in pixels. */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { data, width, height, channels: info.channels === 4 ? 4 : 3 };
}

/** Starts a pipeline on pixels as they are scaled to a size. */
export const scaled = (pixels: Pixels, { width, height }: Size) =>
  pixels.width === width && pixels.height === height
    ? open(pixels)
    : open(pixels).resize(width, height, { fit: 'fill' });

/** Scales pixels; those of the right size are given back as they are. */
export function resize(pixels: Pixels, size: Size): Promise<Pixels> {
  const isSame = pixels.width === size.width && pixels.height === size.height;
  return isSame ? Promise.resolve(pixels) : toPixels(scaled(pixels, size));
}

/** px */
export interface Size {
  width: number;
  height: number;
}

/** Pixels as RGBA, scaled to a size. */
export const withAlpha = (pixels: Pixels, size: Size): Promise<Pixels> =>
  toPixels(scaled(pixels, size).ensureAlpha());
