/**
 * Decides which damage is accepted. A photo whose image data is complete is accepted, whatever is wrong around it; a truncated or
 * corrupt one is rejected, as far as its format reveals it: never a half-gray portrait.
 */

import type { PhotoType } from '../../contract/image-signature.ts';
import type { Pixels, Strictness } from './sharp.ts';

/** Types decoded by libvips. */
type Decoded = Exclude<PhotoType, 'heic'>;
type Read = (bytes: Uint8Array, failOn: Strictness) => Promise<Pixels>;

/** Reads a photo with `read`; throws the error of libvips when image data is missing. */
export function readComplete(bytes: Uint8Array, type: Decoded, read: Read): Promise<Pixels> {
  switch (type) {
    case 'jpeg':
      return readCompleteJpeg(withoutZeroTail(bytes), read);
    case 'gif':
      // A truncated frame is only a warning for the decoder.
      return read(bytes, 'warning');
    case 'png':
    case 'webp':
    case 'avif':
      return read(bytes, 'error');
  }
}

async function readCompleteJpeg(bytes: Uint8Array, read: Read): Promise<Pixels> {
  try {
    return await read(bytes, 'warning');
  } catch (error) {
    const problem = String(error);
    if (/premature end of JPEG image/i.test(problem)) return readUnended(bytes, read);
    if (isCorrupt(problem)) throw error;
    // Harmless and common, such as the scan parameters of many Samsung phones.
    return read(bytes, 'error');
  }
}

/**
 * Whether a warning of libjpeg means corrupt image data. A few extraneous bytes before a marker are padding; many are data that
 * could not be decoded.
 */
function isCorrupt(problem: string): boolean {
  const stray = Number(/(\d+) extraneous bytes/.exec(problem)?.[1] ?? 0);
  return stray > 16 || /premature end|bad (Huffman|arithmetic)|instead of RST/.test(problem);
}

/** An interrupted download often has its full length, filled with zeros. */
function withoutZeroTail(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/**
 * Reads a JPEG without an end marker, as some cameras write it, provided that nothing else is missing: the result must not depend
 * on what follows.
 */
async function readUnended(bytes: Uint8Array, read: Read): Promise<Pixels> {
  const ended = await read(Buffer.concat([bytes, END_OF_IMAGE]), 'error');
  const followed = await read(Buffer.concat([bytes, FILLER, END_OF_IMAGE]), 'error');
  if (ended.data.equals(followed.data)) return ended;
  throw new Error('The JPEG file is truncated.');
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** Valid as the rest of any scan, and not a uniform color. */
const FILLER = Buffer.alloc(4096, 0x5a);
