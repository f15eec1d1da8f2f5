/** Ways to make the same pictures of a photo, in this process. Each prepares, then gives what is measured. */
import { DEFAULTS } from '../../contract/config/defaults.ts';
import { LIMITS } from '../../contract/limits.ts';
import { createVariants, type EncodedVariant } from '../../lambda/pipeline/create-variants.ts';
import { decode } from '../../lambda/pipeline/decode.ts';
import { masterSize } from '../../lambda/pipeline/downscale.ts';
import { encode } from '../../lambda/pipeline/encode.ts';
import { describe } from '../../lambda/pipeline/inspect.ts';
import { type Sharp, sharp, toPixels } from '../../lambda/pipeline/sharp.ts';
import { seedSet } from './seed-set.ts';

export type Contestant = (photo: Buffer) => Promise<() => Promise<unknown>>;

const ATTENTION = { strategy: 'ATTENTION' } as const;

export const CONTESTANTS = {
  /** The default set by our pipeline. */
  ours: async (photo) => () => createVariants(photo, ATTENTION, DEFAULTS),

  /** The default set, written naively: one pipeline from the photo per variant, with the same encoder settings. */
  naive: async (photo) => async () => {
    const { width, height } = masterSize((await sharp(photo).metadata()).autoOrient);
    const softness = DEFAULTS.blurRadius / Math.min(width, height);
    const { masterSide } = LIMITS;
    for (const blur of [false, true]) {
      const start = () => sharp(photo).autoOrient();
      const box = { fit: 'inside', withoutEnlargement: true } as const;
      const master = start().resize(masterSide, masterSide, box);
      await jpeg(blur ? master.blur(DEFAULTS.blurRadius) : master, 85);
      for (const side of DEFAULTS.sizes) {
        const square = start().resize(side, side, { position: sharp.strategy.attention });
        await webp(blur ? square.blur(Math.max(0.3, softness * side)) : square, side);
      }
    }
    await sharp(photo).resize(32, 32, { fit: 'inside' }).ensureAlpha().raw().toBuffer();
  },

  /** Lower bound: the cheapest known decode to the master's size, and nothing but the encoding of the same variants. */
  floor: async (photo) => {
    const { variants } = await createVariants(photo, ATTENTION, DEFAULTS);
    const drawn = await Promise.all(variants.map(decoded));
    const found = await describe(photo, Number.MAX_SAFE_INTEGER);
    return async () => {
      await decode(photo, found, masterSize(found));
      for (const { pixels, ...wanted } of drawn) await encode(pixels, wanted);
    };
  },

  /** The original system's seven JPEG files, made with parts of our pipeline. */
  'seed-ours': async (photo) => () => seedSet(photo),

  /** The same, a pipeline from the photo for every file. */
  'seed-naive': async (photo) => async () => {
    const start = () => sharp(photo).autoOrient();
    await jpeg(start().blur(20), 75);
    for (const side of [50, 100, 400]) {
      const small = () => start().resize(side, side, { fit: 'inside' });
      await jpeg(small(), 75);
      await jpeg(small().blur(side / 100), 75);
    }
  },
} as const satisfies Record<string, Contestant>;

const jpeg = (pipeline: Sharp, quality: number) =>
  pipeline.jpeg({ quality, optimiseCoding: false }).toBuffer();

const webp = (pipeline: Sharp, side: number) =>
  pipeline.webp({ quality: 80, effort: side > 128 ? 2 : 4 }).toBuffer();

async function decoded({ bytes, ...wanted }: EncodedVariant) {
  return { pixels: await toPixels(sharp(bytes)), ...wanted };
}
