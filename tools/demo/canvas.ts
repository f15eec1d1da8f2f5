import type { Picture } from './png.ts';
import type { Shape } from './shapes.ts';

type Rgb = readonly [number, number, number];

/** @param hex `#rrggbb` */
const rgb = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** The colour nearer to black (negative) or white (positive), by a share from -1 to 1. */
export const shade = (hex: string, share: number): string => {
  const target = share < 0 ? 0 : 255;
  const parts = rgb(hex).map((part) => Math.round(part + (target - part) * Math.abs(share)));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
};

interface Paint {
  /** 0 to 1 */
  alpha?: number;
  /** px over which the edge fades; 1 is a clean edge */
  soft?: number;
}

/** A picture to be painted on, from the back to the front. */
export function openCanvas(width: number, height: number, [top, bottom]: [string, string]) {
  const pixels = new Uint8Array(width * height * 3);
  const [from, to] = [rgb(top), rgb(bottom)];
  for (let at = 0; at < pixels.length; at++) {
    const share = Math.floor(at / 3 / width) / height;
    const channel = at % 3;
    pixels[at] = (from[channel] ?? 0) * (1 - share) + (to[channel] ?? 0) * share;
  }

  const mix = (at: number, colour: Rgb, cover: number) => {
    for (const channel of [0, 1, 2] as const) {
      const under = pixels[at + channel] ?? 0;
      pixels[at + channel] = under + (colour[channel] - under) * cover;
    }
  };

  return {
    picture: { width, height, pixels } satisfies Picture,
    paint(shape: Shape, hex: string, { alpha = 1, soft = 1 }: Paint = {}) {
      const colour = rgb(hex);
      for (const [left, top] of blocksNear(shape, { width, height, soft })) {
        for (let at = 0; at < BLOCK * BLOCK; at++) {
          const x = left + (at % BLOCK);
          const y = top + Math.floor(at / BLOCK);
          const cover = Math.min(Math.max(0.5 - shape(x + 0.5, y + 0.5) / soft, 0), 1) * alpha;
          if (cover > 0) mix((y * width + x) * 3, colour, cover);
        }
      }
    },
  };
}
export type Canvas = ReturnType<typeof openCanvas>;

/** px a side of the blocks that are looked at as a whole first; sides of canvases are multiples of it. */
const BLOCK = 20;

/** Where a shape may be: blocks farther away than they are wide are left out, which is most of them. */
function blocksNear(
  shape: Shape,
  { width, height, soft }: { width: number; height: number; soft: number },
): [number, number][] {
  const near: [number, number][] = [];
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      const distance = shape(left + BLOCK / 2, top + BLOCK / 2);
      if (distance <= BLOCK + soft) near.push([left, top]);
    }
  }
  return near;
}
