/** Which square of the photo is shown, and its pixels. */
import type { CropSpec, Rectangle } from '../../contract/crop.ts';
import { attention, type Point } from './attention.ts';
import { open, type Pixels, type Size, toPixels } from './sharp.ts';

/**
 * The square the wish asks for, as fractions of the photo on whole pixels of `pixels`: the largest that fits,
 * or for a rectangle the largest inside it, in its middle.
 *
 * @param glance the same photo, tiny, RGBA
 */
export function chooseSquare(pixels: Size, glance: Pixels, wish: CropSpec): Rectangle {
  const { width, height } = pixels;
  const largest = Math.min(width, height);
  switch (wish.strategy) {
    case 'RECTANGLE': {
      const side = Math.min(wish.width * width, wish.height * height);
      const middle = { x: wish.x + wish.width / 2, y: wish.y + wish.height / 2 };
      return around(pixels, middle, Math.max(1, Math.round(side)));
    }
    case 'FOCAL_POINT':
      return around(pixels, wish, largest);
    case 'CENTRE':
      return around(pixels, { x: 0.5, y: 0.5 }, largest);
    case 'ATTENTION':
      return around(pixels, attention(glance), largest);
  }
}

/** The square of `side` px whose middle is nearest to a point (fractions) and which stays inside. */
function around({ width, height }: Size, middle: Point, side: number): Rectangle {
  const place = (fraction: number, length: number) =>
    Math.min(Math.max(0, Math.round(fraction * length - side / 2)), length - side);
  return {
    x: place(middle.x, width) / width,
    y: place(middle.y, height) / height,
    width: side / width,
    height: side / height,
  };
}

/** The pixels of a square, scaled down to `largest` px where it is larger. */
export async function cut(pixels: Pixels, square: Rectangle, largest: number): Promise<Pixels> {
  const { width, height } = pixels;
  const side = Math.max(1, Math.round(Math.min(square.width * width, square.height * height)));
  const left = Math.min(Math.round(square.x * width), width - side);
  const top = Math.min(Math.round(square.y * height), height - side);
  const part = open(pixels).extract({ left, top, width: side, height: side });
  return toPixels(side > largest ? part.resize(largest, largest) : part);
}
