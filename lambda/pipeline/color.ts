import type { Pixels } from './sharp.ts';

/** Similar colors: number of pixels, and sums of their channels. */
interface Bin {
  count: number;
  r: number;
  g: number;
  b: number;
}

/**
 * The dominant color as `#rrggbb`: the mean of the fullest of 4,096 bins. Transparent pixels do not count.
 *
 * @param preview small RGBA version of the photo
 */
export function dominantColor({ data }: Pixels): string {
  const bins = new Map<number, Bin>();
  for (let at = 0; at < data.length; at += 4) {
    const color = data.readUInt32BE(at);
    if ((color & 0xff) >= 128) sortIn(bins, color >>> 8);
  }

  const [fullest] = [...bins.values()].sort((a, b) => b.count - a.count);
  // Fully transparent: the page shows through, which is usually white.
  if (!fullest) return '#ffffff';
  const { r, g, b, count } = fullest;
  return `#${[r, g, b].map((sum) => toHex(sum / count)).join('')}`;
}

function sortIn(bins: Map<number, Bin>, rgb: number): void {
  const key = rgb & 0xf0f0f0;
  const bin = bins.get(key) ?? { count: 0, r: 0, g: 0, b: 0 };
  bin.count += 1;
  bin.r += rgb >> 16;
  bin.g += (rgb >> 8) & 0xff;
  bin.b += rgb & 0xff;
  bins.set(key, bin);
}

const toHex = (value: number) => Math.round(value).toString(16).padStart(2, '0');
