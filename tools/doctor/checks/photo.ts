import { type Api } from '../graphql.ts';
import { Cross } from '../report.ts';
import { drawPicture, PICTURE } from '../test-photo.ts';
import type { Policy } from './api.ts';

/** A stored picture, as the API tells of it. */
export interface Variant {
  name: string;
  format: string;
  bytes: number;
  url: string;
}

export interface Photo {
  id: string;
  status: string;
  width: number | null;
  height: number | null;
  failure: { code: string; message: string } | null;
  variants: Variant[];
}

/** The fields of a photo that are looked at. */
export const PHOTO =
  'id status width height failure { code message } variants { name format bytes url }';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }, alt: "A picture of the doctor") { photo { ${PHOTO} } }
}`;

/** Sends a picture through the API, which answers when it is done. */
export async function uploadNow(api: Api, policy: Policy) {
  const began = Date.now();
  const { uploadProfilePhoto } = await api.upload<{ uploadProfilePhoto: { photo: Photo } }>(
    UPLOAD,
    drawPicture(),
  );
  const { photo } = uploadProfilePhoto;
  checkPhoto(photo, policy);
  const fact = `READY after ${Date.now() - began} ms, ${photo.variants.length} pictures`;
  return { fact, id: photo.id, variants: photo.variants };
}

/** Whether a photo is READY, as large as it was sent, and there in every size and format. */
export function checkPhoto({ status, width, height, variants }: Photo, { sizes, formats }: Policy) {
  if (status !== 'READY') throw new Cross(`the photo is ${status}`, 'See the log of the API.');
  if (width !== PICTURE.width || height !== PICTURE.height) {
    throw new Cross(
      `${PICTURE.width} x ${PICTURE.height} px became ${width} x ${height}`,
      'API and image function are of different releases: deploy both.',
    );
  }
  const wanted = sizes.flatMap((size) => formats.map((format) => `${size} ${format}`));
  const made = new Set(variants.map(({ name, format }) => `${name} ${format}`));
  const missing = wanted.filter((one) => !made.has(one));
  if (missing.length === 0) return;
  throw new Cross(
    `not made: ${missing.join(', ')}`,
    'Set THUMB_DIMENSIONS and FORMATS alike for the API and the image functions.',
  );
}
