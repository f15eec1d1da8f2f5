/** Detects the type of a file from its first bytes, never from its name or a header. */
import {
  detectPhotoType,
  hasBrand,
  type PhotoType,
  signatureOf,
} from '../../contract/image-signature.ts';
import { PhotoError } from '../errors.ts';

/**
 * Detects the type of a photo.
 *
 * @throws PhotoError PHOTO_TYPE_UNSUPPORTED, with the detected type if it is known
 */
export function photoType(bytes: Uint8Array): PhotoType {
  const type = detectPhotoType(bytes);
  if (type) return type;

  const start = signatureOf(bytes);
  throw unsupported(UNSUPPORTED.find(([, is]) => is(start))?.[0] ?? 'not a supported image');
}

/**
 * @param what detected type
 * @param cause error of the decoder, for the log only
 */
export const unsupported = (what: string, cause?: unknown) =>
  new PhotoError(
    'PHOTO_TYPE_UNSUPPORTED',
    `The file is ${what}. Send a JPEG, PNG, WebP, AVIF, GIF or HEIC.`,
    { cause },
  );

/** Changes the brand of an AVIF sequence (`avis`), whose first image is a still, to the one that libvips accepts. */
export function asStill(bytes: Uint8Array): Uint8Array {
  if (signatureOf(bytes).slice(4, 12) !== 'ftypavis') return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  return still;
}

type Test = (start: string) => boolean;

const begins =
  (...marks: string[]): Test =>
  (start) =>
    marks.some((mark) => start.startsWith(mark));

const UNSUPPORTED: [string, Test][] = [
  ['empty', (start) => start.length === 0],
  ['a video', hasBrand('isom', 'mp4', 'qt  ', 'M4V', 'avc1', '3gp')],
  ['a video', begins('\x1a\x45\xdf\xa3')],
  ['a TIFF or raw photo', begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+')],
  ['an SVG drawing', (start) => /^\s*(<\?xml|<!doctype svg|<svg)/i.test(start)],
  ['a web page', (start) => /^\s*<(!doctype html|html)/i.test(start)],
  ['a PDF document', begins('%PDF')],
  ['a PostScript file', begins('%!PS', '\xc5\xd0\xd3\xc6')],
  ['a Photoshop file', begins('8BPS')],
  ['a BMP image', begins('BM')],
  ['an icon', begins('\x00\x00\x01\x00')],
  ['a JPEG XL image', begins('\xff\x0a', '\0\0\0\x0cJXL ')],
  ['a JPEG 2000 image', begins('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')],
  ['an archive', begins('PK', 'Rar!', '7z\xbc\xaf', '\x1f\x8b')],
];
