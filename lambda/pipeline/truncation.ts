/**
 * Which damage is accepted. A picture that is all there is taken, whatever is wrong around it; one that is cut
 * or garbled, as far as its format can tell, is refused: never a portrait that is half grey.
 */
import type { Pixels, Strictness } from './sharp.ts';
import type { PhotoType } from './sniff.ts';

/** Types that libvips decodes. */
type Decoded = Exclude<PhotoType, 'heic'>;
type Read = (bytes: Uint8Array, failOn: Strictness) => Promise<Pixels>;

/** Reads a photo, by `read`, unless part of the picture is missing; throws what libvips says then. */
export function readWhole(bytes: Uint8Array, type: Decoded, read: Read): Promise<Pixels> {
  switch (type) {
    case 'jpeg':
      return readWholeJpeg(withoutZeroTail(bytes), read);
    case 'gif':
      // A frame that ends early is but a warning to its decoder.
      return read(bytes, 'warning');
    case 'png':
    case 'webp':
    case 'avif':
      return read(bytes, 'error');
  }
}

async function readWholeJpeg(bytes: Uint8Array, read: Read): Promise<Pixels> {
  try {
    return await read(bytes, 'warning');
  } catch (error) {
    const problem = String(error);
    if (/premature end of JPEG image/i.test(problem)) return readUnended(bytes, read);
    if (isGarbled(problem)) throw error;
    // Harmless and common, as the scan parameters that many Samsung phones write.
    return read(bytes, 'error');
  }
}

/**
 * What libjpeg warns of when it has lost the thread of the picture itself. A few stray bytes before a marker
 * are padding; many are data that it could not follow.
 */
function isGarbled(problem: string): boolean {
  const stray = Number(/(\d+) extraneous bytes/.exec(problem)?.[1] ?? 0);
  return stray > 16 || /premature end|bad (Huffman|arithmetic)|instead of RST/.test(problem);
}

/** A download that broke off often has its full length, the rest zeros. */
function withoutZeroTail(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/**
 * Reads a JPEG without end marker, as some cameras write, if nothing but the marker is missing: the picture
 * must not depend on what follows.
 */
async function readUnended(bytes: Uint8Array, read: Read): Promise<Pixels> {
  const ended = await read(Buffer.concat([bytes, END_OF_IMAGE]), 'error');
  const followed = await read(Buffer.concat([bytes, FILLER, END_OF_IMAGE]), 'error');
  if (ended.data.equals(followed.data)) return ended;
  throw new Error('The JPEG is cut.');
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** Valid as the rest of any scan, and no flat colour. */
const FILLER = Buffer.alloc(4096, 0x5a);
