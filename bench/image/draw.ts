/** Draws an image that costs a codec as much as a photo: soft light, hard edges, patches of fine texture, grain. */
import { open, type Pixels, type Size, sharp } from '../../lambda/pipeline/sharp.ts';

/** Layers of detail: number of details across the width, and their contrast. Larger details have more contrast. */
const DETAILS = [
  { across: 2000, contrast: 0.15 },
  { across: 600, contrast: 0.16 },
  { across: 180, contrast: 0.2 },
  { across: 50, contrast: 0.3 },
] as const;

/** Deterministic: the same size gives the same pixels. */
export async function drawScene(size: Size): Promise<Pixels> {
  const { width, height } = size;
  const scene = await light(size);
  const grain = await clouds(size, width);
  const focus = await clouds(size, 9);
  const details = await Promise.all(
    DETAILS.map(async ({ across, contrast }) => ({ contrast, cloud: await clouds(size, across) })),
  );

  for (let at = 0; at < width * height; at++) {
    // Half of a portrait is out of focus: there is only the grain of the sensor.
    const sharpness = Math.min(1, Math.max(0.06, (at8(focus, at) - 110) / 40));
    let shade = 0;
    for (const { cloud, contrast } of details) shade += contrast * (at8(cloud, at) - 128);
    shade = sharpness * shade + 0.04 * (at8(grain, at) - 128);
    for (let channel = 0; channel < 3; channel++) {
      const value = at8(scene, 3 * at + channel) + shade;
      scene[3 * at + channel] = Math.min(255, Math.max(0, value));
    }
  }
  return { data: scene, width, height, channels: 3 };
}

const at8 = (bytes: Buffer, at: number) => bytes[at] ?? 0;

/** A gradient and ten discs before it, as of a face, windows and lamps. */
function light({ width, height }: Size): Promise<Buffer> {
  const small = { width: 1024, height: Math.round((1024 * height) / width) };
  const random = randomNumbers(7);
  const discs = Array.from({ length: 10 }, () => ({
    x: random() * small.width,
    y: random() * small.height,
    radius: (0.04 + 0.14 * random()) * small.width,
    colour: [60 + 170 * random(), 60 + 140 * random(), 50 + 140 * random()],
  }));

  const data = Buffer.alloc(small.width * small.height * 3);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const sky = [
        90 + (90 * y) / small.height,
        120 + (60 * x) / small.width,
        190 - (100 * x) / small.width,
      ];
      const disc = discs.find((one) => Math.hypot(x - one.x, y - one.y) < one.radius);
      data.set(disc?.colour ?? sky, (y * small.width + x) * 3);
    }
  }
  return open({ data, ...small, channels: 3 })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
}

/** Random grey, `across` values in a row and smooth between. */
function clouds({ width, height }: Size, across: number): Promise<Buffer> {
  const small = { width: across, height: Math.ceil((across * height) / width) };
  const random = randomNumbers(across);
  const data = Buffer.alloc(small.width * small.height);
  for (let at = 0; at < data.length; at++) data[at] = 256 * random();
  return sharp(data, { raw: { ...small, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

/** Numbers from 0 to 1, the same for the same seed. @see Marsaglia, Xorshift RNGs, 2003 */
function randomNumbers(seed: number): () => number {
  let state = seed * 2_654_435_761 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
