/** Generated photos with plain colors in known places, so that a wrong rotation shows as a wrong color. */
import sharp, { type Sharp } from 'sharp';
import type { CreatedVariants, EncodedVariant } from '../../../lambda/pipeline/create-variants.ts';

/** Options of most tests; small sizes keep the suite fast. */
export const OPTIONS = {
  sizes: [40, 80],
  formats: ['webp'],
  blur: false,
  blurRadius: 20,
  maxPixels: 1_000_000,
} as const;

export const COLORS = {
  red: [220, 40, 40],
  green: [40, 160, 40],
  blue: [40, 40, 220],
  grey: [200, 200, 200],
} as const;

/** Four quarters: red and green above, blue and light gray below. */
export function quarters(width = 120, height = 80): Sharp {
  const left = Math.ceil(width / 2);
  const row = (...[one, other]: [keyof typeof COLORS, keyof typeof COLORS]) =>
    Buffer.alloc(width * 3, Buffer.from(COLORS[other])).fill(Buffer.from(COLORS[one]), 0, left * 3);
  const rows = [row('red', 'green'), row('blue', 'grey')] as const;
  const data = Buffer.concat(
    Array.from({ length: height }, (_, y) => rows[2 * y < height ? 0 : 1]),
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The quarters with a transparent right half. */
export async function halfClear(width = 120, height = 80): Promise<Sharp> {
  const data = await quarters(width, height).ensureAlpha().raw().toBuffer();
  for (let at = 0; at < width * height; at++) if (2 * (at % width) >= width) data[4 * at + 3] = 0;
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** Contains all frequencies and colors, as photos do. */
export function scenery(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  let noise = 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      noise = (noise * 1_103_515_245 + 12_345) & 0x7fffffff;
      const wave = 60 * Math.sin((x * x) / 9000) + 40 * Math.cos(y / 7) + ((noise >> 16) % 24);
      const at = (y * width + x) * 3;
      data[at] = 120 + wave;
      data[at + 1] = 90 + (100 * y) / height + wave / 2;
      data[at + 2] = (200 * x) / width;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Names of the colors in the centers of the four quarters, row by row; `clear` if transparent. */
export async function colorsOf(picture: Uint8Array): Promise<string[]> {
  const { data, info } = await sharp(picture)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const corners: [number, number][] = [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ];
  return corners.map(([x, y]) => {
    const at = 4 * (Math.floor(y * height) * width + Math.floor(x * width));
    return data[at + 3] === 0 ? 'clear' : nameOf([...data.subarray(at, at + 3)]);
  });
}

function nameOf(rgb: number[]): string {
  const near = Object.entries({ ...COLORS, white: [255, 255, 255] }).find(([, colour]) =>
    rgb.every((value, c) => Math.abs(value - (colour[c] ?? 0)) < 26),
  );
  return near?.[0] ?? `rgb(${rgb})`;
}

/** Peak signal-to-noise ratio of two variants of one size, dB. */
export async function psnr(a: Uint8Array | Sharp, b: Uint8Array | Sharp): Promise<number> {
  const [one, two] = await Promise.all([a, b].map(rawOf));
  if (!one || one.length !== two?.length) throw new RangeError('The variants differ in size.');
  let squares = 0;
  for (let at = 0; at < one.length; at++) squares += ((one[at] ?? 0) - (two[at] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / (squares / one.length));
}

const rawOf = (picture: Uint8Array | Sharp) =>
  (picture instanceof Uint8Array ? sharp(picture) : picture).removeAlpha().raw().toBuffer();

/** One of the variants, by name. */
export function named(
  { variants }: CreatedVariants,
  name: string,
  format?: string,
): EncodedVariant {
  const picture = variants.find((one) => one.name === name && (!format || one.format === format));
  if (!picture) throw new RangeError(`No picture ${name}.`);
  return picture;
}

/** Rotates an upright picture so that its EXIF orientation rotates it back. */
export async function turned(upright: Sharp, orientation: number): Promise<Sharp> {
  const step = async (from: Sharp, turn: (picture: Sharp) => Sharp) => {
    const { data, info } = await turn(from).raw().toBuffer({ resolveWithObject: true });
    return sharp(data, {
      raw: { width: info.width, height: info.height, channels: info.channels },
    });
  };
  const angle = { 3: 180, 4: 180, 5: 90, 6: 270, 7: 270, 8: 90 }[orientation];
  const stored = angle ? await step(upright, (picture) => picture.rotate(angle)) : upright;
  const isMirrored = [2, 4, 5, 7].includes(orientation);
  return (isMirrored ? await step(stored, (picture) => picture.flop()) : stored).withMetadata({
    orientation,
  });
}

/** Kinds of metadata in a picture. */
export async function metadataOf(picture: Uint8Array): Promise<string[]> {
  const { exif, icc, xmp, iptc, comments, orientation } = await sharp(picture).metadata();
  return Object.entries({ exif, icc, xmp, iptc, comments, orientation })
    .filter(([, value]) => value !== undefined)
    .map(([kind]) => kind);
}
