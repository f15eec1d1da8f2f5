/** Which square of the photo is shown, and its pixels. */
import type { CropWish, Rectangle } from '../contract.ts';
import { open, type Pixels, type Size, sharp, toPixels } from './sharp.ts';

/** A square on the grid of some pixels, px. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

/** Edge of the picture that is searched for what attracts the eye, px: libvips itself looks at 32. */
const PROBE = 128;

/** The square the wish asks for: the largest that fits; inside a rectangle, in its middle. */
export async function chooseSquare(pixels: Pixels, wish: CropWish): Promise<Square> {
  const { width, height } = pixels;
  const side = Math.min(width, height);
  switch (wish.strategy) {
    case 'RECTANGLE': {
      const inside = Math.min(wish.width * width, wish.height * height);
      const x = wish.x + wish.width / 2;
      const y = wish.y + wish.height / 2;
      return around(pixels, { x, y, side: Math.max(1, Math.round(inside)) });
    }
    case 'FOCAL_POINT':
      return around(pixels, { x: wish.x, y: wish.y, side });
    case 'CENTRE':
      return around(pixels, { x: 0.5, y: 0.5, side });
    case 'ATTENTION':
      return attention(pixels);
  }
}

/** The square of `side` px whose middle is nearest to a point (fractions) and which stays inside. */
function around({ width, height }: Size, at: { x: number; y: number; side: number }): Square {
  const { x, y, side } = at;
  const place = (fraction: number, length: number) =>
    Math.min(Math.max(0, Math.round(fraction * length - side / 2)), length - side);
  return { left: place(x, width), top: place(y, height), side };
}

async function attention(pixels: Pixels): Promise<Square> {
  const side = Math.min(pixels.width, pixels.height);
  if (pixels.width === pixels.height) return { left: 0, top: 0, side };

  const { info } = await open(pixels)
    .resize(PROBE, PROBE, { fit: 'cover', position: sharp.strategy.attention })
    .raw()
    .toBuffer({ resolveWithObject: true });
  // sharp gives the offset of the cut as a shift of the picture: zero or negative.
  const place = (offset: number | undefined, length: number) =>
    Math.min(Math.round((Math.abs(offset ?? 0) * side) / PROBE), length - side);
  const left = place(info.cropOffsetLeft, pixels.width);
  return { left, top: place(info.cropOffsetTop, pixels.height), side };
}

/** The square as fractions of the photo. */
export function asFractions({ width, height }: Size, { left, top, side }: Square): Rectangle {
  return { x: left / width, y: top / height, width: side / width, height: side / height };
}

/** The pixels of a square, scaled to at most `largest` px. */
export function cut(pixels: Pixels, { left, top, side }: Square, largest: number) {
  const to = Math.min(side, largest);
  return toPixels(open(pixels).extract({ left, top, width: side, height: side }).resize(to, to));
}
