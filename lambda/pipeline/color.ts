/** The colour a photo is remembered by. */
import type { Pixels } from './sharp.ts';

/** Colours that are nearly the same: how many pixels, and their sums. */
interface Drawer {
  count: number;
  r: number;
  g: number;
  b: number;
}

/**
 * The most frequent colour of what can be seen, `#rrggbb`: the mean of the fullest of 4,096 drawers.
 *
 * @param glance the photo, tiny, RGBA
 */
export function dominantColor({ data }: Pixels): string {
  const drawers = new Map<number, Drawer>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = data.readUInt32BE(at);
    if ((colour & 0xff) >= 128) sortIn(drawers, colour >>> 8);
  }

  const [fullest] = [...drawers.values()].sort((a, b) => b.count - a.count);
  // All transparent: what is seen is the page, most often white.
  if (!fullest) return '#ffffff';
  const { r, g, b, count } = fullest;
  return `#${[r, g, b].map((sum) => toHex(sum / count)).join('')}`;
}

function sortIn(drawers: Map<number, Drawer>, rgb: number): void {
  const label = rgb & 0xf0f0f0;
  const drawer = drawers.get(label) ?? { count: 0, r: 0, g: 0, b: 0 };
  drawer.count += 1;
  drawer.r += rgb >> 16;
  drawer.g += (rgb >> 8) & 0xff;
  drawer.b += rgb & 0xff;
  drawers.set(label, drawer);
}

const toHex = (value: number) => Math.round(value).toString(16).padStart(2, '0');
