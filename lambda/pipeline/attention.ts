/** Where a photo attracts the eye, found on a glance at it. */
import type { Pixels } from './sharp.ts';

/** Fractions of a photo. */
export interface Point {
  x: number;
  y: number;
}

/** One number for every pixel, row by row. */
type Grid = Float32Array;

/**
 * The point whose surroundings have most detail, skin and warm colour. It weighs what libvips' attention
 * weighs and looks where that looks, in 1 ms instead of 7: most of that one's time is its set-up.
 *
 * @param glance the photo, tiny, RGBA
 * @see https://github.com/jwagner/smartcrop.js (the three qualities)
 */
export function attention(glance: Pixels): Point {
  const { width, height } = glance;
  // The wider the square that will be cut, the wider the surroundings that count.
  const sigma = Math.max(1, (Math.min(width, height) * Math.SQRT2) / 10);
  const scores = smooth(scoresOf(glance), { width, height, sigma });
  const best = scores.indexOf(Math.max(...scores));
  return { x: ((best % width) + 0.5) / width, y: (Math.floor(best / width) + 0.5) / height };
}

/** A colour by the CIE's primaries, 0 to 100 each; y is its brightness. */
type Colour = [x: number, y: number, z: number];

function scoresOf({ data, width, height }: Pixels): Grid {
  const colours = Array.from({ length: width * height }, (_, at) => colourOf(data, 4 * at));
  const brightness = (x: number, y: number) => {
    const [column, row] = [clamp(x, width), clamp(y, height)];
    return colours[row * width + column]?.[1] ?? 0;
  };
  return Float32Array.from(colours, (colour, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    const around =
      brightness(x - 1, y) + brightness(x + 1, y) + brightness(x, y - 1) + brightness(x, y + 1);
    const detail = 5 * Math.abs(4 * colour[1] - around);
    // Of what is dark, the colour is noise.
    return colour[1] > 5 ? detail + skin(colour) + redness(colour) : detail;
  });
}

/** What is transparent is black, and attracts nobody. */
function colourOf(data: Buffer, at: number): Colour {
  const seen = (data[at + 3] ?? 0) / 255;
  const [r, g, b] = [0, 1, 2].map((c) => 100 * seen * (LIGHT[data[at + c] ?? 0] ?? 0)) as Colour;
  return [
    0.4124 * r + 0.3576 * g + 0.1805 * b,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    0.0193 * r + 0.1192 * g + 0.9505 * b,
  ];
}

/** sRGB's values as amounts of light, 0 to 1. */
const LIGHT = Float64Array.from({ length: 256 }, (_, value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
});

/** 100 for the direction of skin, less the further a colour points elsewhere. */
function skin([x, y, z]: Colour): number {
  const length = Math.hypot(x, y, z);
  return 100 - 100 * Math.hypot(x / length - 0.78, y / length - 0.57, z / length - 0.44);
}

/** a* of CIELAB: from green, below zero, to red. */
const redness = ([x, y]: Colour) => 500 * (Math.cbrt(x / 95.047) - Math.cbrt(y / 100));

/** Spreads every number by a Gaussian; the edges are repeated. */
function smooth(
  grid: Grid,
  { width, height, sigma }: { width: number; height: number; sigma: number },
): Grid {
  const reach = Math.ceil(2 * sigma);
  const bell = Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * sigma ** 2)),
  );
  const along = (from: Grid, place: (at: number, offset: number) => number) =>
    from.map((_, at) =>
      bell.reduce((sum, weight, k) => sum + weight * (from[place(at, k - reach)] ?? 0), 0),
    );
  const across = along(grid, (at, by) => at - (at % width) + clamp((at % width) + by, width));
  return along(
    across,
    (at, by) => clamp(Math.floor(at / width) + by, height) * width + (at % width),
  );
}

const clamp = (at: number, length: number) => Math.min(Math.max(0, at), length - 1);
