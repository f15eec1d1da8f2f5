/** Colours written by another standard than sRGB. */
import { crc32, deflateSync } from 'node:zlib';
import type { Metadata } from 'sharp';
import { type Pixels, type Sharp, sharp, toPixels } from './sharp.ts';

/**
 * The ICC profile to convert a photo by once it is small: at 12 million pixels, 0.1 s instead of 0.35.
 * Undefined where there is nothing to convert, and where libvips has to do it before anything else.
 */
export function profileOf({ icc, compression, space, depth }: Metadata): Buffer | undefined {
  if (!icc || icc.includes(SRGB) || icc.includes(SRGB_UTF16)) return undefined;
  return compression === 'hevc' || (space === 'srgb' && depth === 'uchar') ? icc : undefined;
}

/** The name of the usual sRGB profile, as ICC 2 and 4 write it: its conversion takes time and changes nothing. */
const SRGB = 'sRGB IEC61966-2.1';
const SRGB_UTF16 = Buffer.from(SRGB, 'utf16le').swap16();

/** Ends a pipeline, whose colours are meant by `profile`, in sRGB pixels. */
export async function toSrgb(pipeline: Sharp, profile: Buffer): Promise<Pixels> {
  // PNG, not compressed, carries pixels and profile to a second pipeline; sharp takes no profile with raw pixels.
  const png = await pipeline.png({ compressionLevel: 0 }).toBuffer();
  const body = Buffer.concat([Buffer.from('iCCPprofile\0\0'), deflateSync(profile, { level: 0 })]);
  const chunk = Buffer.concat([uint32(body.length - 4), body, uint32(crc32(body))]);
  const tagged = Buffer.concat([png.subarray(0, HEADER), chunk, png.subarray(HEADER)]);
  return toPixels(sharp(tagged).toColourspace('srgb'));
}

/** Bytes of a PNG's signature and IHDR chunk. */
const HEADER = 8 + 25;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
