import { crc32, deflateSync } from 'node:zlib';

/** Image as rows of red, green and blue bytes. */
export interface RgbImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Bits per channel, and the color type for RGB without alpha. The zeros after them are PNG's only methods of compression, filtering and (no) interlacing. */
const DEPTH = 8;
const TRUE_COLOR = 2;

/**
 * Encodes a PNG.
 *
 * @see https://www.w3.org/TR/png-3/
 */
export function encodePng({ width, height, pixels }: RgbImage): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([DEPTH, TRUE_COLOR], 8);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows(width, pixels)))];
  return Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

/** Each row begins with its filter type: 1 (Sub), differences to the pixel on the left, which compresses plain areas best. */
function rows(width: number, pixels: Uint8Array): Buffer {
  const length = width * 3;
  const filtered = Buffer.alloc(pixels.length + pixels.length / length);
  for (let from = 0, to = 0; from < pixels.length; from += length) {
    filtered[to++] = 1;
    for (let at = 0; at < length; at++) {
      const left = at < 3 ? 0 : (pixels[from + at - 3] ?? 0);
      filtered[to++] = (pixels[from + at] ?? 0) - left;
    }
  }
  return filtered;
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
