/** ThumbHash: a photo in at most 30 bytes, to paint before the photo itself arrives. */
import type { Pixels } from './sharp.ts';

/** One quality of every pixel, row by row. */
type Channel = number[];

/** What is kept of a channel: its mean, its waves from long to short, and the height of the highest. */
interface Spectrum {
  mean: number;
  waves: number[];
  highest: number;
}

/**
 * The ThumbHash of a photo, base64.
 *
 * @param glance the photo, tiny, RGBA
 * @see https://evanw.github.io/thumbhash/ (the order of the bits)
 */
export function thumbHash(glance: Pixels): string {
  const { width, height } = glance;
  const { brightness, yellow, red, opacity } = split(glance);
  const isOpaque = opacity.every((value) => value === 1);
  const isLandscape = width > height;

  // The longer side has the finer waves; opacity takes room from them.
  const finest = isOpaque ? 7 : 5;
  const across = Math.max(1, Math.round((finest * width) / Math.max(width, height)));
  const down = Math.max(1, Math.round((finest * height) / Math.max(width, height)));

  const light = transform(brightness, glance, [Math.max(3, across), Math.max(3, down)]);
  const [b, r] = [transform(yellow, glance, [3, 3]), transform(red, glance, [3, 3])];
  const alpha = isOpaque ? undefined : transform(opacity, glance, [5, 5]);

  return pack([
    [6, 63 * light.mean],
    [6, 31.5 + 31.5 * b.mean],
    [6, 31.5 + 31.5 * r.mean],
    [5, 31 * light.highest],
    [1, alpha ? 1 : 0],
    [3, isLandscape ? down : across],
    [6, 63 * b.highest],
    [6, 63 * r.highest],
    [1, isLandscape ? 1 : 0],
    ...(alpha ? [nibble(alpha.mean), nibble(alpha.highest)] : []),
    ...[light, b, r, ...(alpha ? [alpha] : [])].flatMap(({ waves, highest }) =>
      waves.map((wave) => nibble(0.5 + 0.5 * (wave / (highest || 1)))),
    ),
  ]);
}

/** Brightness, two differences of colour and opacity; what is transparent shows the mean colour. */
function split({ data }: Pixels) {
  const [brightness, yellow, red, opacity]: [Channel, Channel, Channel, Channel] = [[], [], [], []];
  const mean = meanColour(data);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = part(data, at + 3);
    const shown = (c: 0 | 1 | 2) => mean[c] * (1 - alpha) + alpha * part(data, at + c);
    const [r, g, b] = [shown(0), shown(1), shown(2)];
    brightness.push((r + g + b) / 3);
    yellow.push((r + g) / 2 - b);
    red.push(r - g);
    opacity.push(alpha);
  }
  return { brightness, yellow, red, opacity };
}

/** Mean of what can be seen. */
function meanColour(data: Buffer): [number, number, number] {
  let [r, g, b, weight] = [0, 0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const alpha = part(data, at + 3);
    r += alpha * part(data, at);
    g += alpha * part(data, at + 1);
    b += alpha * part(data, at + 2);
    weight += alpha;
  }
  return [r / (weight || 1), g / (weight || 1), b / (weight || 1)];
}

const part = (data: Buffer, at: number) => (data[at] ?? 0) / 255;

/** Cosine transform of a channel, the lower left triangle of `across` x `down` waves. */
function transform(
  channel: Channel,
  { width, height }: Pixels,
  [across, down]: [number, number],
): Spectrum {
  const columns = cosines(width, across);
  const rows = cosines(height, down);
  const lines = Array.from({ length: height }, (_, y) => channel.slice(y * width, (y + 1) * width));
  // By rows first, then down each: the sum over all pixels, without a visit to each for every wave.
  const ofRows = columns.map((column) => lines.map((line) => dot(line, column)));

  const [mean = 0, ...waves] = rows.flatMap((row, v) =>
    ofRows
      .filter((_, u) => u * down < across * (down - v))
      .map((sums) => dot(sums, row) / (width * height)),
  );
  return { mean, waves, highest: Math.max(...waves.map(Math.abs), 0) };
}

const dot = (a: number[], b: number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

/** The first `count` cosine waves over `length` samples. */
const cosines = (length: number, count: number) =>
  Array.from({ length: count }, (_, wave) =>
    Array.from({ length }, (_, x) => Math.cos((Math.PI / length) * wave * (x + 0.5))),
  );

/** Bits of a field and its value, which is rounded. */
type Field = [bits: number, value: number];

const nibble = (fraction: number): Field => [4, 15 * fraction];

/** Fields one after the other, the lowest bit first. */
function pack(fields: Field[]): string {
  const bits = fields.flatMap(([count, value]) =>
    Array.from({ length: count }, (_, bit) => (Math.round(value) >> bit) & 1),
  );
  const hash = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) hash[at >> 3] = (hash[at >> 3] ?? 0) | (bit << (at & 7));
  return hash.toString('base64');
}
