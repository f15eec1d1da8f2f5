/**
 * The files of the function that this product grew from: the photo blurred at full size, by 20 px, and 50, 100 and
 * 400 px on the longer side, plain and blurred by a hundredth of it. JPEG of quality 75.
 */
import { blur } from '../../lambda/pipeline/blur.ts';
import { decode } from '../../lambda/pipeline/decode.ts';
import { describe } from '../../lambda/pipeline/inspect.ts';
import { open, type Pixels, resize, type Size } from '../../lambda/pipeline/sharp.ts';

export const SEED = { sides: [400, 100, 50], radius: 20, quality: 75 } as const;
/** Sigma 20 leaves nothing that a quarter of the pixels each way cannot hold: the blurred photo is stored at that size. */
const SHRINK = 4;

/** Makes the seven files; the blurred photo first. */
export async function seedSet(bytes: Buffer): Promise<Buffer[]> {
  const photo = await describe(bytes, Number.MAX_SAFE_INTEGER);
  const small = await decode(bytes, photo, atLeast(photo, SEED.sides[0] / longer(photo)));
  const quarter = await resize(small, atLeast(photo, 0));
  const files = [await jpeg(await blur(quarter, SEED.radius / SHRINK))];
  let source = small;
  for (const side of SEED.sides) {
    source = await resize(source, times(photo, side / longer(photo)));
    files.push(await jpeg(source));
    files.push(
      await open(source)
        .blur(side / 100)
        .jpeg(settings(source))
        .toBuffer(),
    );
  }
  return files;
}

const longer = ({ width, height }: Size) => Math.max(width, height);

const times = ({ width, height }: Size, scale: number): Size => ({
  width: Math.round(width * scale),
  height: Math.round(height * scale),
});

/** A quarter of the photo, rounded up so that four times as much covers it; more where `scale` asks for it. */
const atLeast = (photo: Size, scale: number): Size => {
  const { width, height } = times(photo, Math.min(1, scale));
  return {
    width: Math.max(width, Math.ceil(photo.width / SHRINK)),
    height: Math.max(height, Math.ceil(photo.height / SHRINK)),
  };
};

const settings = ({ width }: Size) => ({ quality: SEED.quality, optimiseCoding: width <= 512 });

const jpeg = (pixels: Pixels) => open(pixels).jpeg(settings(pixels)).toBuffer();
