/** Photos drawn for the tests: plain colours in known places, so that a wrong turn is a wrong colour. */
import sharp from 'sharp';

export const COLOURS = { red: '#e02020', green: '#20a020', blue: '#2020e0', white: '#f0f0f0' };
type Colour = keyof typeof COLOURS;

/** Four quarters: red and green above, blue and white below. */
export function quarters(width = 120, height = 80) {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = COLOURS[quarterAt(x / width, y / height)];
      data.write(colour.slice(1), (y * width + x) * 3, 'hex');
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The colours of a picture's four quarters, by name, row by row; `other` for none of them. */
export async function coloursOf(picture: Uint8Array): Promise<string[]> {
  const { data } = await sharp(picture)
    .toColourspace('srgb')
    .removeAlpha()
    .resize(4, 4, { fit: 'fill', kernel: 'nearest' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [0, 3, 12, 15].map((at) => nameOf([...data.subarray(at * 3, at * 3 + 3)]));
}

function nameOf(rgb: number[]): string {
  const near = Object.entries(COLOURS).find(([, hex]) =>
    rgb.every((value, c) => Math.abs(value - parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16)) < 40),
  );
  return near?.[0] ?? 'other';
}

const quarterAt = (x: number, y: number): Colour => {
  if (y < 0.5) return x < 0.5 ? 'red' : 'green';
  return x < 0.5 ? 'blue' : 'white';
};
