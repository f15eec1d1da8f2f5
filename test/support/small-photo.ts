import { quarters } from '../lambda/support/drawings.ts';
import type { Person } from './client.ts';

/** A small photo as base64, quick to process where the content does not matter. */
export const SMALL_PHOTO = (await quarters(64, 64).png().toBuffer()).toString('base64');

/** Uploads a photo through the API. @returns its id */
export async function uploadSmallPhoto(person: Person): Promise<string> {
  const { uploadProfilePhoto: profile } = await person.query(
    'mutation ($base64: String!) { uploadProfilePhoto(photo: { base64: $base64 }) { photo { id } } }',
    { base64: SMALL_PHOTO },
  );
  return profile.photo.id;
}
