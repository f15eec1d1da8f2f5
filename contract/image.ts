/** File formats of variants, as in object keys (`400.webp`). */
export const IMAGE_FORMATS = ['webp', 'jpeg', 'avif'] as const;

export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Accepted uploads. The type is detected from the bytes, never from a file name or header. */
export const CONTENT_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/heic',
  'image/heif',
] as const;

/** One stored file of a photo. Its key is `imageFolder(photoId) + variantFile(variant)`. */
export interface Variant {
  /** `master`, or the side in px: `400`; blurred variants end in `-blurred`. */
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

/** File name of a variant in the folder of its photo: `400.webp`, `master-blurred.jpeg`. */
export const variantFile = ({ name, format }: Pick<Variant, 'name' | 'format'>) =>
  `${name}.${format}`;
