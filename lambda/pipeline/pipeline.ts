/** From the bytes of a photo to everything that is stored of it. The pixels live here and below. */
import type { Crop, CropWish, Rectangle, Variant } from '../../contract/contract.ts';
import type { PictureOptions } from '../options.ts';
import { inSpan } from '../spans.ts';
import { blur, blurSmall, thin } from './blur.ts';
import { dominantColor } from './color.ts';
import { chooseSquare, cut } from './crop.ts';
import { decode } from './decode.ts';
import { decodedSize, glanceSize, masterSize } from './downscale.ts';
import { encode, JPEG_QUALITY } from './encode.ts';
import { describe } from './inspect.ts';
import { thumbHash } from './placeholder.ts';
import { type Pixels, resize, withAlpha } from './sharp.ts';
import { asStill } from './sniff.ts';
import { BLOCK, canBeSoftJpeg, softJpeg } from './soft-jpeg.ts';

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
 * @param file as it was sent, of any kind
 * @throws PhotoError what is wrong with it
 */
export async function makePictures(
  file: Uint8Array,
  wish: CropWish,
  options: PictureOptions,
): Promise<Pictures> {
  const bytes = asStill(file);
  const photo = await describe(bytes, options.maxPixels);
  const largest = Math.max(...options.sizes);
  const size = decodedSize(photo, wish, largest);
  const pixels = await inSpan('decode', () => decode(bytes, photo, size));
  const master = await resize(pixels, masterSize(photo));
  // Both what the blurred master is made from and what is enough for a glance.
  const eighth = await thin(master, BLOCK);
  const glance = await glanceOf(master, eighth);
  const square = chooseSquare(pixels, glance, wish);
  const portrait = await cut(pixels, square, largest);

  const plain = await inSpan('encode', async () => [
    await picture(master, masterOf(master)),
    ...(await picturesOf(portrait, squaresOf(options))),
  ]);
  const twins = options.blur
    ? await inSpan('blur and encode', () =>
        blurredTwins({ master, eighth, portrait, square }, options),
      )
    : [];
  return {
    pictures: [...plain, ...twins],
    crop: { strategy: wish.strategy, ...square },
    placeholder: thumbHash(glance),
    dominantColor: dominantColor(glance),
  };
}

/** A photo at a glance; a tiny one has too few pixels left in its eighth. */
const glanceOf = (master: Pixels, eighth: Pixels) => {
  const size = glanceSize(master);
  const isEnough = eighth.width >= size.width && eighth.height >= size.height;
  return withAlpha(isEnough ? eighth : master, size);
};

/** What is to be made of some pixels. */
type Wanted = Omit<Picture, 'bytes'>;

const masterOf = ({ width, height, channels }: Pixels): Wanted => ({
  name: 'master',
  format: channels === 4 ? 'webp' : 'jpeg',
  width,
  height,
  blurred: false,
});

/** Every size in every format. */
const squaresOf = ({ sizes, formats }: PictureOptions): Wanted[] =>
  sizes.flatMap((side) =>
    formats.map((format) => ({
      name: `${side}`,
      format,
      width: side,
      height: side,
      blurred: false,
    })),
  );

const twinOf = (wanted: Wanted): Wanted => ({
  ...wanted,
  name: `${wanted.name}-blurred`,
  blurred: true,
});

/** The same pictures again: the squares as soft as the master is where they were cut. */
async function blurredTwins(
  {
    master,
    eighth,
    portrait,
    square,
  }: Record<'master' | 'eighth' | 'portrait', Pixels> & {
    square: Rectangle;
  },
  options: PictureOptions,
): Promise<Picture[]> {
  const sigma = options.blurRadius;
  const soft = await blur(portrait, (sigma * portrait.width) / (square.width * master.width));
  return [
    await softMaster(master, eighth, sigma),
    ...(await picturesOf(soft, squaresOf(options).map(twinOf))),
  ];
}

async function softMaster(master: Pixels, eighth: Pixels, sigma: number): Promise<Picture> {
  const wanted = twinOf(masterOf(master));
  if (!canBeSoftJpeg(master, sigma)) return picture(await blur(master, sigma), wanted);

  const means = await blurSmall(eighth, sigma / BLOCK);
  return { ...wanted, bytes: await softJpeg(means, master, JPEG_QUALITY) };
}

/** One after the other: the function has one core, and the memory of one picture at a time. */
async function picturesOf(pixels: Pixels, all: readonly Wanted[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const wanted of all) pictures.push(await picture(pixels, wanted));
  return pictures;
}

const picture = async (pixels: Pixels, wanted: Wanted): Promise<Picture> => ({
  ...wanted,
  bytes: await encode(pixels, wanted),
});
