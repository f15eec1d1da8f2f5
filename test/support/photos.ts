import { quarters } from '../lambda/support/drawings.ts';

/** The most that one comment takes: its mark, and what a length of 16 bits can say (JPEG, ITU T.81, B.2.4.5). */
const COMMENT = 2 + 0xffff;
const SMALLEST_COMMENT = 4;

/** Four colours in a JPEG. */
export const makePhoto = async (width = 300, height = 200) =>
  new Uint8Array(await quarters(width, height).jpeg().toBuffer());

/** A photo like any other, of exactly so many bytes: comments fill it up. */
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
