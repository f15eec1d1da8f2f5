import { quarters } from '../lambda/support/drawings.ts';

/** Longest comment segment: marker plus the maximum of its 16-bit length (JPEG, ITU T.81, B.2.4.5). */
const COMMENT = 2 + 0xffff;
const SMALLEST_COMMENT = 4;

/** A JPEG with a different color in each quarter. */
export const makePhoto = async (width = 300, height = 200) =>
  new Uint8Array(await quarters(width, height).jpeg().toBuffer());

/** A valid JPEG of exactly `bytes` bytes, padded with comments. */
export async function makePhotoOfBytes(bytes: number) {
  const jpeg = await makePhoto();
  const photo = Buffer.alloc(bytes, ' ');
  photo.set(jpeg.subarray(0, 2));
  const rest = bytes - jpeg.length + 2;
  photo.set(jpeg.subarray(2), rest);
  for (let at = 2; at < rest; ) {
    const left = rest - at;
    const length = left <= COMMENT ? left : Math.min(COMMENT, left - SMALLEST_COMMENT);
    photo.writeUInt16BE(0xfffe, at);
    photo.writeUInt16BE(length - 2, at + 2);
    at += length;
  }
  return new Uint8Array(photo);
}
