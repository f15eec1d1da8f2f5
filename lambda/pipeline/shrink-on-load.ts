/**
 * Decoders may shrink on their own, JPEG's by 2 or 4 (not by 8: no photo is eight masters long): half the time,
 * and 46 dB or better from shrinking later.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';
import type { Size } from './sharp.ts';
import type { PhotoType } from './sniff.ts';

/**
 * Where shrinking leaves a part of a pixel over, the picture comes out stretched by it, down to 34 dB: such a
 * photo is shrunk after decoding.
 */
export const isOnShrinkGrid = ({ width, height }: Size) => width % 4 === 0 && height % 4 === 0;

/**
 * Reads a photo, decoded by half if it is a JPEG that is to become two to three times smaller, as most phones' are.
 *
 * sharp decodes such a one whole, for fear of that part of a pixel, and offers no choice; libvips takes it behind a
 * file's name. So the photo becomes a file, which has its name for a moment only: nothing stays of a killed process.
 *
 * @param read takes bytes, or the name of a file that is decoded by half
 * @see https://www.libvips.org/API/current/ctor.Image.new_from_file.html
 */
export async function halved<T>(
  bytes: Uint8Array,
  { photo, size }: { photo: Size & { type: PhotoType }; size: Size },
  read: (input: Uint8Array | string) => Promise<T>,
): Promise<T> {
  const shrink = Math.min(photo.width / size.width, photo.height / size.height);
  const isHelped = photo.type === 'jpeg' && isOnShrinkGrid(photo) && shrink >= 2 && shrink < 3;
  // Elsewhere an open file cannot be opened again without its name.
  if (!isHelped || platform !== 'linux') return read(bytes);

  // A full or read-only disk costs the short cut, not the photo.
  await using file = await nameless(bytes).catch(() => undefined);
  return file ? await read(`/proc/self/fd/${file.fd}[shrink=2]`) : read(bytes);
}

/** An open file with these bytes and no name. */
async function nameless(bytes: Uint8Array): Promise<FileHandle> {
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
