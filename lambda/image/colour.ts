/** The colour a photo is remembered by. */
import { open, type Pixels, toPixels } from './sharp.ts';

/** Edge of the picture that is counted, px. */
const SIDE = 64;

/** Colours that are nearly the same, and their mean. */
interface Drawer {
  count: number;
  r: number;
  g: number;
  b: number;
}

/** The most frequent colour of what can be seen, `#rrggbb`: the mean of the fullest of 4,096 drawers. */
export async function dominantColor(pixels: Pixels): Promise<string> {
  const { data } = await toPixels(open(pixels).resize(SIDE, SIDE, { fit: 'inside' }).ensureAlpha());
  const drawers = new Map<number, Drawer>();
  for (let at = 0; at < data.length; at += 4) {
    const [r = 0, g = 0, b = 0, alpha = 0] = data.subarray(at, at + 4);
    if (alpha < 128) continue;
    const label = ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4);
    const drawer = drawers.get(label) ?? { count: 0, r: 0, g: 0, b: 0 };
    drawers.set(label, {
      count: drawer.count + 1,
      r: drawer.r + r,
      g: drawer.g + g,
      b: drawer.b + b,
    });
  }

  const [fullest] = [...drawers.values()].sort((a, b) => b.count - a.count);
  // All transparent: what is seen is the page, most often white.
  if (!fullest) return '#ffffff';
  const { r, g, b, count } = fullest;
  return `#${[r, g, b].map((sum) => toHex(sum / count)).join('')}`;
}

const toHex = (value: number) => Math.round(value).toString(16).padStart(2, '0');
