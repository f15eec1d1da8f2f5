import { type Api } from '../graphql.ts';
import { CheckFailed } from '../report.ts';
import { drawTestPhoto, TEST_PHOTO } from '../test-photo.ts';
import type { Policy } from './api.ts';

/** A variant, as the API returns it. */
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

/** Selected fields of a photo. */
export const PHOTO =
  'id status width height failure { code message } variants { name format bytes url }';

const UPLOAD = `mutation ($file: Upload!) {
  uploadProfilePhoto(photo: { file: $file }, alt: "Test photo of the doctor") { photo { ${PHOTO} } }
}`;

/** Uploads the test photo in one request. */
export async function uploadSynchronously(api: Api, policy: Policy) {
  const began = Date.now();
  const { uploadProfilePhoto } = await api.upload<{ uploadProfilePhoto: { photo: Photo } }>(
    UPLOAD,
    drawTestPhoto(),
  );
  const { photo } = uploadProfilePhoto;
  checkPhoto(photo, policy);
  const fact = `READY after ${Date.now() - began} ms, ${photo.variants.length} variants`;
  return { fact, id: photo.id, variants: photo.variants };
}

/** Checks that a photo is READY, has its original size, and a variant of every size and format. */
export function checkPhoto({ status, width, height, variants }: Photo, { sizes, formats }: Policy) {
  if (status !== 'READY')
    throw new CheckFailed(`the photo is ${status}`, 'See the log of the API.');
  if (width !== TEST_PHOTO.width || height !== TEST_PHOTO.height) {
    throw new CheckFailed(
      `${TEST_PHOTO.width} x ${TEST_PHOTO.height} px became ${width} x ${height}`,
      'API and image function have different releases: deploy both.',
    );
  }
  const expected = sizes.flatMap((size) => formats.map((format) => `${size} ${format}`));
  const existing = new Set(variants.map(({ name, format }) => `${name} ${format}`));
  const missing = expected.filter((variant) => !existing.has(variant));
  if (missing.length === 0) return;
  throw new CheckFailed(
    `missing variants: ${missing.join(', ')}`,
    'Set the same THUMB_DIMENSIONS and FORMATS for the API and the image functions.',
  );
}
