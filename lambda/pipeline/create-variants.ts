/** From the bytes of a photo to everything that is stored of it. */
import { rgbaToThumbHash } from 'thumbhash';
import type { Crop, CropSpec, Rectangle } from '../../contract/crop.ts';
import type { Variant } from '../../contract/image.ts';
import { inSpan } from '../../contract/spans.ts';
import type { VariantConfig } from '../config.ts';
import { blur } from './blur.ts';
import { dominantColor } from './color.ts';
import { chooseSquare, cut } from './crop.ts';
import { decode } from './decode.ts';
import { blurredMasterSize, decodedSize, masterSize, previewSize } from './downscale.ts';
import { encode } from './encode.ts';
import { describe } from './inspect.ts';
import { type Pixels, resize, withAlpha } from './sharp.ts';
import { asStill } from './sniff.ts';

/** A variant with the bytes of its file. */
export type EncodedVariant = Omit<Variant, 'bytes'> & { bytes: Uint8Array };

/** Everything that is made from one photo. */
export interface CreatedVariants {
  /** The master first. */
  variants: EncodedVariant[];
  crop: Crop;
  /** ThumbHash, base64 */
  placeholder: string;
  dominantColor: string;
}

/**
 * Creates the master, the squares and their blurred variants from a single decode.
 *
 * Every variant is upright, sRGB and free of metadata: the GPS position of a phone photo must not reach the public bucket.
 * The result depends on nothing but the arguments.
 *
 * @param file encoded photo, unverified
 * @throws PhotoError the photo is invalid, too large or of an unsupported type
 */
export async function createVariants(
  file: Uint8Array,
  spec: CropSpec,
  config: VariantConfig,
): Promise<CreatedVariants> {
  const bytes = asStill(file);
  const photo = await describe(bytes, config.maxPixels);
  const largest = Math.max(...config.sizes);
  const pixels = await inSpan('decode', () =>
    decode(bytes, photo, decodedSize(photo, spec, largest)),
  );
  const master = await resize(pixels, masterSize(photo));
  // Used twice: blurred, it is a variant; scaled down further, it is the preview.
  const reduced = await resize(master, blurredMasterSize(master, config.blurRadius));
  const preview = await withAlpha(reduced, previewSize(master));
  const square = chooseSquare(pixels, preview, spec);
  const portrait = await cut(pixels, square, largest);

  const sharp = await inSpan('encode', () => encodeAll({ master, portrait }, config));
  const blurred = config.blur
    ? await inSpan('blur and encode', () =>
        createBlurred({ master, reduced, portrait, square }, config),
      )
    : [];
  return {
    variants: [...sharp, ...blurred],
    crop: { strategy: spec.strategy, ...square },
    placeholder: thumbHash(preview),
    dominantColor: dominantColor(preview),
  };
}

const thumbHash = ({ width, height, data }: Pixels) =>
  Buffer.from(rgbaToThumbHash(width, height, data)).toString('base64');

interface Sources {
  master: Pixels;
  portrait: Pixels;
}

/** The squares get the blur that the master has where they were cut. */
async function createBlurred(
  { master, reduced, portrait, square }: Sources & { reduced: Pixels; square: Rectangle },
  config: VariantConfig,
): Promise<EncodedVariant[]> {
  const sigma = config.blurRadius / master.width;
  return encodeAll(
    {
      master: await blur(reduced, sigma * reduced.width),
      portrait: await blur(portrait, (sigma * portrait.width) / square.width),
    },
    config,
    true,
  );
}

/** The master, and every size in every format. One after the other: the function has one core and memory for one. */
async function encodeAll(
  { master, portrait }: Sources,
  { sizes, formats }: VariantConfig,
  blurred = false,
): Promise<EncodedVariant[]> {
  const suffix = blurred ? '-blurred' : '';
  const { width, height } = master;
  const format = master.channels === 4 ? 'webp' : 'jpeg';
  const variants = [
    await encodeVariant(master, { name: `master${suffix}`, format, width, height, blurred }),
  ];
  for (const side of sizes) {
    for (const format of formats) {
      const square = { name: `${side}${suffix}`, format, width: side, height: side, blurred };
      variants.push(await encodeVariant(portrait, square));
    }
  }
  return variants;
}

const encodeVariant = async (
  pixels: Pixels,
  variant: Omit<EncodedVariant, 'bytes'>,
): Promise<EncodedVariant> => ({ ...variant, bytes: await encode(pixels, variant) });
