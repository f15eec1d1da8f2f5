import type { RgbImage } from './png.ts';
import type { Shape } from './shapes.ts';

type Rgb = readonly [number, number, number];

/** @param hex `#rrggbb` */
const rgb = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** Mixes a color with black (negative share) or white (positive), -1 to 1. */
export const shade = (hex: string, share: number): string => {
  const target = share < 0 ? 0 : 255;
  const parts = rgb(hex).map((part) => Math.round(part + (target - part) * Math.abs(share)));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
};

interface Paint {
  /** 0 to 1 */
  alpha?: number;
  /** Width of the fading edge, px; 1 is a sharp edge. */
  soft?: number;
}

/** Canvas with a vertical gradient as background. Shapes are painted from back to front. */
export function openCanvas(width: number, height: number, [top, bottom]: [string, string]) {
  const pixels = new Uint8Array(width * height * 3);
  const [from, to] = [rgb(top), rgb(bottom)];
  for (let at = 0; at < pixels.length; at++) {
    const share = Math.floor(at / 3 / width) / height;
    const channel = at % 3;
    pixels[at] = (from[channel] ?? 0) * (1 - share) + (to[channel] ?? 0) * share;
  }

  const mix = (at: number, color: Rgb, cover: number) => {
    for (const channel of [0, 1, 2] as const) {
      const under = pixels[at + channel] ?? 0;
      pixels[at + channel] = under + (color[channel] - under) * cover;
    }
  };

  return {
    image: { width, height, pixels } satisfies RgbImage,
    paint(shape: Shape, hex: string, { alpha = 1, soft = 1 }: Paint = {}) {
      const color = rgb(hex);
      for (const [left, top] of blocksNear(shape, { width, height, soft })) {
        for (let at = 0; at < BLOCK * BLOCK; at++) {
          const x = left + (at % BLOCK);
          const y = top + Math.floor(at / BLOCK);
          const cover = Math.min(Math.max(0.5 - shape(x + 0.5, y + 0.5) / soft, 0), 1) * alpha;
          if (cover > 0) mix((y * width + x) * 3, color, cover);
        }
      }
    },
  };
}
export type Canvas = ReturnType<typeof openCanvas>;

/** Side of the blocks that are tested as a whole first, px; canvas sides are multiples of it. */
const BLOCK = 20;

/** Blocks that a shape may touch: most blocks are farther away from it than they are wide. */
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
