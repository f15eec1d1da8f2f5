/** Enlarging what has no detail, by straight lines from pixel to pixel: half the time libvips takes. */
import { type Pixels, resize, type Size } from './sharp.ts';

/** @param soft a blurred picture, at most as large as `to` */
export async function stretch(soft: Pixels, to: Size): Promise<Pixels> {
  if (soft.width === to.width && soft.height === to.height) return soft;
  // Transparent pixels have no colour to mix with; libvips knows.
  return soft.channels === 4 ? resize(soft, to) : stretchDown(stretchAcross(soft, to), to);
}

function stretchAcross({ data, width, height }: Pixels, to: Size): Pixels {
  const wide = Buffer.allocUnsafe(3 * to.width * height);
  const { first, second, share } = steps(width, to.width);
  let at = 0;
  for (let row = 0; row < data.length; row += 3 * width) {
    for (let x = 0; x < to.width; x++) {
      const a = row + 3 * (first[x] ?? 0);
      const b = row + 3 * (second[x] ?? 0);
      const part = share[x] ?? 0;
      for (let c = 0; c < 3; c++) wide[at++] = mix(data[a + c] ?? 0, data[b + c] ?? 0, part);
    }
  }
  return { data: wide, width: to.width, height, channels: 3 };
}

function stretchDown({ data, width, height }: Pixels, to: Size): Pixels {
  const row = 3 * width;
  const tall = Buffer.allocUnsafe(row * to.height);
  const { first, second, share } = steps(height, to.height);
  let at = 0;
  for (let y = 0; y < to.height; y++) {
    const a = row * (first[y] ?? 0);
    const b = row * (second[y] ?? 0);
    const part = share[y] ?? 0;
    for (let x = 0; x < row; x++) tall[at++] = mix(data[a + x] ?? 0, data[b + x] ?? 0, part);
  }
  return { data: tall, width, height: to.height, channels: 3 };
}

/** For each of `to` samples spread over `length`: the two it lies between and the share of the second, of 256. */
function steps(length: number, to: number) {
  const places = Float64Array.from({ length: to }, (_, at) =>
    Math.min(Math.max(0, ((at + 0.5) * length) / to - 0.5), length - 1),
  );
  const first = Uint32Array.from(places);
  return {
    first,
    second: first.map((place) => Math.min(place + 1, length - 1)),
    share: Uint32Array.from(places, (place) => Math.round((place % 1) * 256)),
  };
}

const mix = (a: number, b: number, share: number) => a + (((b - a) * share + 128) >> 8);
