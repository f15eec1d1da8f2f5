import { crc32 } from 'node:zlib';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { type CreatedVariants, createVariants } from '../../../lambda/pipeline/create-variants.ts';
import { halfClear, metadataOf, OPTIONS, scenery } from '../support/drawings.ts';
import type { FileType } from '../support/files.ts';

/** Stands in every kind of metadata planted below. */
const SECRET = 'PLANTED-SECRET';

const everything = { ...OPTIONS, blur: true, formats: ['webp', 'jpeg', 'avif'] } as const;
const make = (bytes: Uint8Array) => createVariants(bytes, { strategy: 'ATTENTION' }, everything);

/** EXIF with a place, a camera's own note and an author; XMP; a profile: what sharp itself can write. */
const tagged = (picture: Sharp) =>
  picture
    .withIccProfile('p3')
    .withExif({
      IFD0: { Copyright: SECRET, Artist: SECRET, ImageDescription: SECRET },
      IFD2: { UserComment: SECRET, MakerNote: SECRET },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1', GPSDateStamp: '2026:01:01' },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${SECRET}</a></x:xmpmeta>`);

const after = (bytes: Buffer, at: number, ...parts: Buffer[]) =>
  Buffer.concat([bytes.subarray(0, at), ...parts, bytes.subarray(at)]);

const segment = (marker: number, text: string) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
};

const chunk = (type: string, text: string) => {
  const body = Buffer.from(type + text, 'latin1');
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(text.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

const planted: Record<FileType, () => Promise<Buffer>> = {
  jpeg: async () =>
    after(
      await tagged(scenery(240, 160)).jpeg().toBuffer(),
      2,
      segment(0xed, `Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0e${SECRET}`),
      segment(0xfe, SECRET),
      segment(0xef, SECRET),
    ),
  png: async () =>
    after(
      await tagged(await halfClear(240, 160))
        .png()
        .toBuffer(),
      33,
      chunk('tEXt', `Author\0${SECRET}`),
      chunk('iTXt', `Comment\0\0\0\0\0${SECRET}`),
      chunk('prVt', SECRET),
    ),
  webp: async () =>
    tagged(await halfClear(240, 160))
      .webp()
      .toBuffer(),
  avif: async () => tagged(scenery(240, 160)).avif({ effort: 0 }).toBuffer(),
  gif: async () => {
    const gif = await scenery(240, 160).gif().toBuffer();
    const afterPalette = 13 + 3 * 2 ** (((gif[10] ?? 0) % 8) + 1);
    const comment = Buffer.from(
      `\x21\xfe${String.fromCharCode(SECRET.length)}${SECRET}\0`,
      'latin1',
    );
    return after(gif, afterPalette, comment);
  },
};

test.each(Object.entries(planted))('stores no metadata of a %s', async (_, plant) => {
  const photo = Buffer.concat([await plant(), Buffer.from(`<html>${SECRET}PK\x03\x04`)]);

  const result = await make(photo);

  expect(photo.includes(SECRET)).toBe(true);
  expect(await leaks(result)).toEqual([]);
});

/** What of the variants is not pixels. */
async function leaks({ variants }: CreatedVariants): Promise<string[]> {
  const found: string[] = [];
  for (const { name, format, bytes } of variants) {
    const stored = Buffer.from(bytes);
    const kinds = await metadataOf(stored);
    if (stored.includes(SECRET)) kinds.push('the secret itself');
    found.push(...kinds.map((kind) => `${name}.${format}: ${kind}`));
  }
  return found;
}
