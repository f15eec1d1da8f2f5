/** Image types by their first bytes, without Node's Buffer: the web app detects them, too. */

/** Accepted file types. */
export type PhotoType = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'heic';

/** Bytes from the start of a file that detection looks at: a `ftyp` box with a dozen compatible brands. */
export const SIGNATURE_BYTES = 64;

/** One character per byte (Latin-1) of the start of a file. */
export const signatureOf = (bytes: Uint8Array) =>
  String.fromCharCode(...bytes.subarray(0, SIGNATURE_BYTES));

/** @returns the type, or undefined if it is not accepted */
export const detectPhotoType = (bytes: Uint8Array): PhotoType | undefined => {
  const start = signatureOf(bytes);
  return SIGNATURES.find(([, matches]) => matches(start))?.[0];
};

type Test = (start: string) => boolean;

/** ISO base media: a `ftyp` box whose major or compatible brands include one of `brands`. */
export const hasBrand =
  (...brands: string[]): Test =>
  (start) => {
    if (start.slice(4, 8) !== 'ftyp') return false;
    const [a = 0, b = 0, c = 0, d = 0] = [...start.slice(0, 4)].map((byte) => byte.charCodeAt(0));
    const boxBytes = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    const named = start.slice(8, 12) + start.slice(16, boxBytes);
    return brands.some((brand) => named.includes(brand));
  };

const SIGNATURES: [PhotoType, Test][] = [
  ['jpeg', (start) => start.startsWith('\xff\xd8\xff')],
  ['png', (start) => start.startsWith('\x89PNG\r\n\x1a\n')],
  ['gif', (start) => /^GIF8[79]a/.test(start)],
  ['webp', (start) => start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP'],
  ['avif', hasBrand('avif', 'avis')],
  // After AVIF, which may list these generic brands as well.
  ['heic', hasBrand('heic', 'heix', 'heim', 'heis', 'hevc', 'mif1', 'msf1')],
];
