/** Detects the type of a file from its first bytes, never from its name or a header. */
import { PhotoError } from '../errors.ts';

/** Accepted file types. */
export type PhotoType = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'heic';

/**
 * Detects the type of a photo.
 *
 * @throws PhotoError PHOTO_TYPE_UNSUPPORTED, with the detected type if it is known
 */
export function photoType(bytes: Uint8Array): PhotoType {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64));
  const type = SIGNATURES.find(([, is]) => is(start))?.[0];
  if (type) return type;

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
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12));
  if (start.toString('latin1', 4) !== 'ftypavis') return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  return still;
}

type Test = (start: Buffer) => boolean;

const begins =
  (...marks: (string | number[])[]): Test =>
  (start) =>
    marks.some((mark) => {
      const wanted = Buffer.from(typeof mark === 'string' ? Buffer.from(mark, 'latin1') : mark);
      return start.subarray(0, wanted.length).equals(wanted);
    });

/** ISO base media: a `ftyp` box whose major or compatible brands name one of `brands`. */
const brand =
  (...brands: string[]): Test =>
  (start) => {
    if (start.toString('latin1', 4, 8) !== 'ftyp') return false;
    const end = Math.min(start.readUInt32BE(0), start.length);
    const named = start.toString('latin1', 8, 12) + start.toString('latin1', 16, end);
    return brands.some((name) => named.includes(name));
  };

const text =
  (pattern: RegExp): Test =>
  (start) =>
    pattern.test(start.toString('latin1'));

const SIGNATURES: [PhotoType, Test][] = [
  ['jpeg', begins([0xff, 0xd8, 0xff])],
  ['png', begins('\x89PNG\r\n\x1a\n')],
  ['gif', begins('GIF87a', 'GIF89a')],
  ['webp', (start) => begins('RIFF')(start) && start.toString('latin1', 8, 12) === 'WEBP'],
  ['avif', brand('avif', 'avis')],
  // After AVIF, which may list these generic brands as well.
  ['heic', brand('heic', 'heix', 'heim', 'heis', 'hevc', 'mif1', 'msf1')],
];

const UNSUPPORTED: [string, Test][] = [
  ['empty', (start) => start.length === 0],
  ['a video', brand('isom', 'mp4', 'qt  ', 'M4V', 'avc1', '3gp')],
  ['a video', begins([0x1a, 0x45, 0xdf, 0xa3])],
  ['a TIFF or raw photo', begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+')],
  ['an SVG drawing', text(/^\s*(<\?xml|<!doctype svg|<svg)/i)],
  ['a web page', text(/^\s*<(!doctype html|html)/i)],
  ['a PDF document', begins('%PDF')],
  ['a PostScript file', begins('%!PS', [0xc5, 0xd0, 0xd3, 0xc6])],
  ['a Photoshop file', begins('8BPS')],
  ['a BMP image', begins('BM')],
  ['an icon', begins([0, 0, 1, 0])],
  ['a JPEG XL image', begins([0xff, 0x0a], '\0\0\0\x0cJXL ')],
  ['a JPEG 2000 image', begins('\0\0\0\x0cjP  ', [0xff, 0x4f, 0xff, 0x51])],
  ['an archive', begins('PK', 'Rar!', '7z\xbc\xaf', [0x1f, 0x8b])],
];
