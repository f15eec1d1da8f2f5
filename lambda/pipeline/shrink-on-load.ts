/**
 * Shrink-on-load: JPEG decoders can halve or quarter the size while decoding (not by 8: no accepted photo is that large), in half
 * the time, with at least 46 dB PSNR against scaling afterwards.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';
import type { PhotoType } from '../../contract/image-signature.ts';
import type { Size } from './sharp.ts';

/**
 * Whether both sides can be divided by 4. Otherwise a fraction of a pixel is left, the image is stretched by it (down to 34 dB), and
 * the photo is scaled after decoding instead.
 */
export const isOnShrinkGrid = ({ width, height }: Size) => width % 4 === 0 && height % 4 === 0;

/**
 * Reads a photo, at half its size if it is a JPEG to be scaled down two to three times, as most photos of phones are.
 *
 * sharp 0.35.5 shrinks on load only beyond a factor of three, because of that fraction of a pixel, and has no option for it:
 * https://github.com/lovell/sharp/issues/3526 and https://github.com/lovell/sharp/issues/3066 (ADR 0018). libvips accepts
 * the factor in a file name, so the photo is written to a file that is unlinked immediately: a killed process leaves
 * nothing behind.
 *
 * @param read receives the bytes, or the name of a file that is decoded at half its size
 * @see https://www.libvips.org/API/current/ctor.Image.new_from_file.html
 */
export async function readAtHalfSize<T>(
  bytes: Uint8Array,
  { photo, size }: { photo: Size & { type: PhotoType }; size: Size },
  read: (input: Uint8Array | string) => Promise<T>,
): Promise<T> {
  const shrink = Math.min(photo.width / size.width, photo.height / size.height);
  const isEligible = photo.type === 'jpeg' && isOnShrinkGrid(photo) && shrink >= 2 && shrink < 3;
  // Only Linux can open an unlinked file again, by its descriptor.
  if (!isEligible || platform !== 'linux') return read(bytes);

  // Without a writable disk the photo is decoded at full size.
  await using file = await createUnlinkedFile(bytes).catch(() => undefined);
  return file ? await read(`/proc/self/fd/${file.fd}[shrink=2]`) : read(bytes);
}

/** An open, unlinked file with these bytes. */
async function createUnlinkedFile(bytes: Uint8Array): Promise<FileHandle> {
  const path = join(tmpdir(), `portrait-${randomUUID()}`);
  const file = await open(path, 'wx', 0o600);
  await unlink(path);
  try {
    await file.writeFile(bytes);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
