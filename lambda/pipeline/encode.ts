/** The file formats, with the settings that were measured best for their time. */
import type { ImageFormat } from '../../contract/image.ts';
import { type Pixels, type Size, scaled } from './sharp.ts';

interface Wanted extends Size {
  format: ImageFormat;
  blurred: boolean;
}

/** Quality of JPEG, as libjpeg counts it. */
const JPEG_QUALITY = 85;

/**
 * Encodes pixels, scaled to a size; formats without transparency get it laid on white.
 *
 * Huffman tables made for one large JPEG would save 3 % of its bytes and take 60 % of its time.
 */
export async function encode(pixels: Pixels, wanted: Wanted): Promise<Buffer> {
  const pipeline = scaled(pixels, wanted);
  switch (wanted.format) {
    case 'jpeg':
      return pipeline
        .flatten({ background: 'white' })
        .jpeg({ quality: JPEG_QUALITY, optimiseCoding: wanted.width <= 512 })
        .toBuffer();
    case 'webp':
      return pipeline.webp({ quality: 80, effort: webpEffort(wanted) }).toBuffer();
    case 'avif':
      // Effort 4 costs thirty times as much for a fifth fewer bytes.
      return pipeline.avif({ quality: 55, effort: 0 }).toBuffer();
  }
}

/**
 * Effort 4 saves bytes only where pixels are few: from 200 px on, 1 % for twice the time. From 400 px on even effort 2
 * saves none that effort 1 does not give back in likeness (0.2 to 0.6 dB), for a third more time. Of soft pixels, a
 * picture has so few bytes that effort 2 saves but 900 of them at 400 px, for twice the time.
 */
const webpEffort = ({ width, blurred }: Wanted) => {
  if (blurred || width > 256) return 1;
  return width > 128 ? 2 : 4;
};
