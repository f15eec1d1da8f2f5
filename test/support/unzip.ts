import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

export interface Zipped {
  name: string;
  bytes: Buffer;
}

/** Reads a zip file by its central directory (APPNOTE 4.3.12), as Lambda does. */
export async function readZip(path: string): Promise<Zipped[]> {
  const zip = await readFile(path);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  const entries: Zipped[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameEnd = at + 46 + zip.readUInt16LE(at + 28);
    const start = zip.readUInt32LE(at + 42);
    const data = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const packed = zip.subarray(data, data + zip.readUInt32LE(at + 20));
    const isStored = zip.readUInt16LE(at + 10) === 0;
    const bytes = isStored ? packed : inflateRawSync(packed);
    entries.push({ name: zip.toString('utf8', at + 46, nameEnd), bytes });
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

/** Unpacks a zip into a folder. */
export async function unzip(path: string, folder: string) {
  for (const { name, bytes } of await readZip(path)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}
