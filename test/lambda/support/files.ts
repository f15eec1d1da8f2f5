/** Encodes photos, and manipulates the bytes of encoded ones. */
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { PhotoType } from '../../../contract/image-signature.ts';

/** Types that sharp can write. */
export type FileType = Exclude<PhotoType, 'heic'>;

/** One file of each type, from the same picture. */
export async function files(picture: Sharp): Promise<Record<FileType, Buffer>> {
  const png = await picture.png().toBuffer();
  const [jpeg, webp, avif, gif] = await Promise.all([
    sharp(png).jpeg({ quality: 90 }).toBuffer(),
    sharp(png).webp({ quality: 90 }).toBuffer(),
    sharp(png).avif({ quality: 70, effort: 0 }).toBuffer(),
    sharp(png).gif().toBuffer(),
  ]);
  return { jpeg, png, webp, avif, gif };
}

/** Rewrites the size in the header, without changing the pixels. */
export function claimSize(type: FileType, file: Buffer, [width, height]: [number, number]): Buffer {
  const bytes = Buffer.from(file);
  switch (type) {
    case 'jpeg': {
      const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
      bytes.writeUInt16BE(height, frame + 5);
      bytes.writeUInt16BE(width, frame + 7);
      return bytes;
    }
    case 'png':
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      return bytes;
    case 'gif': {
      // The screen and its first frame; decoders use the frame's size.
      const frame = bytes.indexOf(0x2c, 13 + 3 * 2 ** (((bytes[10] ?? 0) % 8) + 1));
      for (const at of [6, frame + 5]) {
        bytes.writeUInt16LE(width, at);
        bytes.writeUInt16LE(height, at + 2);
      }
      return bytes;
    }
    case 'webp':
      bytes.writeUInt16LE(width, 26);
      bytes.writeUInt16LE(height, 28);
      return bytes;
    case 'avif': {
      const extent = bytes.indexOf('ispe');
      bytes.writeUInt32BE(width, extent + 8);
      bytes.writeUInt32BE(height, extent + 12);
      return bytes;
    }
  }
}
