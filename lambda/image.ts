/** From the bytes of a photo to everything that is stored of it. The pixels live here and below. */
import type { Crop, CropWish, Rectangle, Variant } from './contract.ts';
import { blurSmall, enlarge } from './image/blur.ts';
import { dominantColor } from './image/colour.ts';
import { decode } from './image/decode.ts';
import { describe } from './image/describe.ts';
import { encode } from './image/encode.ts';
import { thumbHash } from './image/placeholder.ts';
import { decodedSize, glanceSize, masterSize, probeSize } from './image/scale.ts';
import { type Pixels, resize, withAlpha } from './image/sharp.ts';
import { chooseSquare, cut } from './image/square.ts';
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
 * Makes the clean master, the squares and their blurred twins, all from one decode.
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
  const probe = await resize(master, probeSize(master));
  const glance = await withAlpha(probe, glanceSize(probe));
  const square = await chooseSquare(pixels, probe, wish);

  const squares = await squarePictures(await cut(pixels, square, largest), options);
  const twins = options.blur ? await blurredTwins(master, square, options) : [];
  return {
    pictures: [await masterPicture(master), ...squares, ...twins],
    crop: { strategy: wish.strategy, ...square },
    placeholder: thumbHash(glance),
    dominantColor: dominantColor(glance),
  };
}

const masterPicture = (master: Pixels) =>
  picture(master, {
    name: 'master',
    format: master.channels === 4 ? 'webp' : 'jpeg',
    width: master.width,
    height: master.height,
  });

/** Every size in every format; a square too small is enlarged. */
async function squarePictures(square: Pixels, { sizes, formats }: PictureOptions) {
  const pictures: Picture[] = [];
  for (const side of sizes) {
    for (const format of formats) {
      pictures.push(await picture(square, { name: `${side}`, format, width: side, height: side }));
    }
  }
  return pictures;
}

/** The same pictures again, all from one blur of the master: so every size looks equally soft. */
async function blurredTwins(master: Pixels, square: Rectangle, options: PictureOptions) {
  const soft = await blurSmall(master, options.blurRadius);
  const portrait = await cut(soft, square, Math.max(...options.sizes));
  const twins = [
    await masterPicture(await enlarge(soft, options.blurRadius, master)),
    ...(await squarePictures(portrait, options)),
  ];
  return twins.map((twin) => ({ ...twin, name: `${twin.name}-blurred`, blurred: true }));
}

async function picture(
  pixels: Pixels,
  wanted: Pick<Picture, 'name' | 'format' | 'width' | 'height'>,
): Promise<Picture> {
  return { ...wanted, blurred: false, bytes: await encode(pixels, wanted.format, wanted) };
}
