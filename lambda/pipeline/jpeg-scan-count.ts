/**
 * Maximum number of scans in a JPEG; encoders write 1 to 20. A scan may have only 60 bytes, but is decoded for every pixel: a file
 * of 200 KB could take a minute.
 */
export const MAX_SCANS = 100;

/** Number of scans in a JPEG. @see ITU-T T.81, B.1 (markers and segments) */
export function countScans(bytes: Uint8Array): number {
  const jpeg = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  let at = jpeg.indexOf(0xff, 2);
  while (at >= 0 && at + 4 <= jpeg.length) {
    const marker = jpeg.readUInt8(at + 1);
    if (marker === EOI) break;
    if (marker === SOS) scans++;
    at = jpeg.indexOf(0xff, at + (hasBody(marker) ? 2 + jpeg.readUInt16BE(at + 2) : step(marker)));
  }
  return scans;
}

const SOS = 0xda;
const EOI = 0xd9;

/** Stuffed zeros, restart markers and fill bytes inside a scan have none. */
const hasBody = (marker: number) => marker >= 0xc0 && marker < 0xff && (marker & 0xf8) !== 0xd0;

/** A fill byte may itself begin a marker. */
const step = (marker: number) => (marker === 0xff ? 1 : 2);
