/** How the square is chosen. */
export const CROP_STRATEGIES = ['RECTANGLE', 'FOCAL_POINT', 'ATTENTION', 'CENTRE'] as const;

type CropStrategy = (typeof CROP_STRATEGIES)[number];

/** Fractions (0 to 1) of the upright photo. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The square that the caller requests. */
export type CropSpec =
  | { strategy: 'ATTENTION' | 'CENTRE' }
  | { strategy: 'FOCAL_POINT'; x: number; y: number }
  | ({ strategy: 'RECTANGLE' } & Rectangle);

/** The square that was cropped, as fractions of the upright photo. */
export type Crop = { strategy: CropStrategy } & Rectangle;

/** Formats a crop spec for a query parameter or object metadata: `attention`, `rectangle:0.1,0,0.5,0.5`. */
export function formatCrop(crop: CropSpec): string {
  switch (crop.strategy) {
    case 'RECTANGLE':
      return `rectangle:${crop.x},${crop.y},${crop.width},${crop.height}`;
    case 'FOCAL_POINT':
      return `focal_point:${crop.x},${crop.y}`;
    case 'ATTENTION':
    case 'CENTRE':
      return crop.strategy.toLowerCase();
  }
}

/** Parses what `formatCrop` returns; undefined for any other text, and for a rectangle outside the photo. */
export function parseCrop(word: string): CropSpec | undefined {
  const [name, list = ''] = word.split(':', 2);
  const numbers = list === '' ? [] : list.split(',').map(Number);
  if (!numbers.every((value) => value >= 0 && value <= 1)) return undefined;
  const [x, y, width, height] = numbers;

  if (numbers.length === 0 && name === 'attention') return { strategy: 'ATTENTION' };
  if (numbers.length === 0 && name === 'centre') return { strategy: 'CENTRE' };
  if (x === undefined || y === undefined) return undefined;
  if (numbers.length === 2 && name === 'focal_point') return { strategy: 'FOCAL_POINT', x, y };
  if (numbers.length !== 4 || name !== 'rectangle' || !width || !height) return undefined;
  // A rectangle dragged to the edge in floating point may miss it by a rounding error.
  if (x + width > 1 + 1e-6 || y + height > 1 + 1e-6) return undefined;
  return { strategy: 'RECTANGLE', x, y, width, height };
}
