/** From the bytes of a photo to everything that is stored of it. The pixels live here and below. */
import type { Crop, CropWish, ImageFormat, Variant } from './contract.ts';
import { dominantColor } from './image/colour.ts';
import { decode } from './image/decode.ts';
import { describe } from './image/describe.ts';
import { encode } from './image/encode.ts';
import { thumbHash } from './image/placeholder.ts';
import { decodedSize, masterSize } from './image/scale.ts';
import { type Pixels, resize } from './image/sharp.ts';
import { asFractions, chooseSquare, cut } from './image/square.ts';
import type { PictureOptions } from './options.ts';

/** One encoded picture. */
export type Picture = Omit<Variant, 'bytes'> & { bytes: Uint8Array };

/** All that is made of one photo. */
export interface Pictures {
  /** The master first. */
  pictures: Picture[];
  crop: Crop;
  placeholder: string;
  dominantColor: string;
}

/**
 * Makes the clean master and the squares of a photo, all from one decode.
 *
 * Every picture is upright, sRGB and carries no metadata: a phone photo's GPS position must not reach the
 * public bucket. The same bytes and wish give the same pictures.
 *
 * @param bytes a file as it was sent, of any kind
 * @throws PhotoError what is wrong with it
 */
export async function makePictures(
  bytes: Uint8Array,
  wish: CropWish,
  options: PictureOptions,
): Promise<Pictures> {
  const photo = await describe(bytes, options.maxPixels);
  const largest = Math.max(...options.sizes);
  const pixels = await decode(bytes, photo, decodedSize(photo, wish, largest));
  const master = await resize(pixels, masterSize(photo));
  const square = await chooseSquare(pixels, wish);

  return {
    pictures: [
      await picture(master, 'master', master.channels === 4 ? 'webp' : 'jpeg'),
      ...(await squares(await cut(pixels, square, largest), options)),
    ],
    crop: { strategy: wish.strategy, ...asFractions(pixels, square) },
    placeholder: await thumbHash(master),
    dominantColor: await dominantColor(master),
  };
}

/** Every size in every format, from the pixels of the largest. */
async function squares(square: Pixels, { sizes, formats }: PictureOptions) {
  const pictures: Picture[] = [];
  for (const side of sizes) {
    const pixels = await resize(square, { width: side, height: side });
    for (const format of formats) pictures.push(await picture(pixels, `${side}`, format));
  }
  return pictures;
}

async function picture(pixels: Pixels, name: string, format: ImageFormat): Promise<Picture> {
  const { width, height } = pixels;
  return { name, width, height, format, blurred: false, bytes: await encode(pixels, format) };
}
