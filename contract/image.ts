/** File formats that variants are written in, in the words of the object keys (`400.webp`). */
export const IMAGE_FORMATS = ['webp', 'jpeg', 'avif'] as const;

export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** What an upload may be. The bytes decide, never a file name or a header. */
export const CONTENT_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/heic',
  'image/heif',
] as const;

/** One stored picture of a photo. Its key is `imageFolder(photoId) + variantFile(variant)`. */
export interface Variant {
  /** `master`, or the side in px: `400`; blurred twins end in `-blurred`. */
  name: string;
  /** px */
  width: number;
  /** px */
  height: number;
  format: ImageFormat;
  /** Size of the object. */
  bytes: number;
  blurred: boolean;
}

/** Name of a picture's object within its photo's folder: `400.webp`, `master-blurred.jpeg`. */
export const variantFile = ({ name, format }: Pick<Variant, 'name' | 'format'>) =>
  `${name}.${format}`;
