import type { CropSpec, Rectangle } from '../../contract/crop.ts';
import { attention, type Point } from './attention.ts';
import { open, type Pixels, type Size, toPixels } from './sharp.ts';

/**
 * The square that a crop spec stands for, as fractions of the photo, aligned to the pixels of `pixels`: the largest that fits, or
 * for a rectangle the largest one at its center.
 *
 * @param preview small RGBA version of the same photo
 */
export function chooseSquare(pixels: Size, preview: Pixels, spec: CropSpec): Rectangle {
  const { width, height } = pixels;
  const largest = Math.min(width, height);
  switch (spec.strategy) {
    case 'RECTANGLE': {
      const side = Math.min(spec.width * width, spec.height * height);
      const center = { x: spec.x + spec.width / 2, y: spec.y + spec.height / 2 };
      return around(pixels, center, Math.max(1, Math.round(side)));
    }
    case 'FOCAL_POINT':
      return around(pixels, spec, largest);
    case 'CENTRE':
      return around(pixels, { x: 0.5, y: 0.5 }, largest);
    case 'ATTENTION':
      return around(pixels, attention(preview), largest);
  }
}

/** The square of `side` px inside the photo whose center is nearest to a point (fractions). */
function around({ width, height }: Size, center: Point, side: number): Rectangle {
  const place = (fraction: number, length: number) =>
    Math.min(Math.max(0, Math.round(fraction * length - side / 2)), length - side);
  return {
    x: place(center.x, width) / width,
    y: place(center.y, height) / height,
    width: side / width,
    height: side / height,
  };
}

/** Cuts out a square, scaled down to at most `largest` px. */
export async function cut(pixels: Pixels, square: Rectangle, largest: number): Promise<Pixels> {
  const { width, height } = pixels;
  const side = Math.max(1, Math.round(Math.min(square.width * width, square.height * height)));
  const left = Math.min(Math.round(square.x * width), width - side);
  const top = Math.min(Math.round(square.y * height), height - side);
  const part = open(pixels).extract({ left, top, width: side, height: side });
  return toPixels(side > largest ? part.resize(largest, largest) : part);
}
