import { crc32, deflateSync } from 'node:zlib';

/** Size of the test photo, px. */
export const TEST_PHOTO = { width: 96, height: 64 } as const;

/** Draws a small PNG without a library: four quarters in red, green, gray and blue. */
export function drawTestPhoto(): Uint8Array<ArrayBuffer> {
  const { width, height } = TEST_PHOTO;
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  const rows = Array.from({ length: height }, (_, y) =>
    // 0: the row has no filter.
    Buffer.concat([Buffer.of(0), ...Array.from({ length: width }, (_, x) => colorAt(x, y))]),
  );
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    // 8 bits, RGB, not interlaced.
    chunk('IHDR', Buffer.concat([size, Buffer.of(8, 2, 0, 0, 0)])),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return new Uint8Array(png);
}

function colorAt(x: number, y: number) {
  const isRight = x >= TEST_PHOTO.width / 2;
  if (y < TEST_PHOTO.height / 2) return isRight ? Buffer.of(0, 160, 0) : Buffer.of(220, 0, 0);
  return isRight ? Buffer.of(128, 128, 128) : Buffer.of(0, 0, 220);
}

function chunk(name: string, data: Buffer) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
