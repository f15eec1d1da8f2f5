import { CACHE_CONTROL } from '../../../contract/keys.ts';
import { fetchResponse, type HttpResponse } from '../http.ts';
import { CheckFailed } from '../report.ts';
import type { Variant } from './photo.ts';

/** Magic bytes of each format, from an offset. */
const MAGIC: Record<string, { at: number; bytes: string }> = {
  WEBP: { at: 8, bytes: 'WEBP' },
  JPEG: { at: 0, bytes: '\xff\xd8\xff' },
  AVIF: { at: 4, bytes: 'ftypavif' },
};

/** Checks that every URL returns the variant that the API describes. */
export async function checkVariants(variants: readonly Variant[]) {
  const responses = await Promise.all(variants.map(openVariant));
  return { fact: `${responses.length} URLs return their variants`, responses };
}

async function openVariant({ url, name, format, bytes }: Variant): Promise<HttpResponse> {
  const response = await fetchResponse(url);
  const { status, headers, body } = response;
  if (status !== 200) {
    throw new CheckFailed(
      `${name} responds ${status}: ${url}`,
      'Check PHOTO_URL, and that the server there may read image/ of PHOTO_BUCKET.',
    );
  }
  const type = headers.get('content-type');
  const magic = MAGIC[format];
  const isFormat = !magic || body.toString('latin1', magic.at).startsWith(magic.bytes);
  const isType = type === `image/${format.toLowerCase()}`;
  if (isFormat && isType && body.length === bytes) return response;
  throw new CheckFailed(
    `${name} should have ${bytes} bytes of ${format}, but has ${body.length} of ${type}`,
    'A proxy between the bucket and this machine changes images: turn off its image optimization.',
  );
}

const HEADERS: Record<string, (value: string) => boolean> = {
  'cache-control': (value) => value === CACHE_CONTROL,
  'x-content-type-options': (value) => value === 'nosniff',
  'content-security-policy': (value) => /(?:^|;\s*)sandbox(?:;|$)/.test(value),
};

/** Checks that variants are cached immutably, and that scripts hidden in an image cannot run. */
export async function checkVariantHeaders(responses: readonly HttpResponse[]) {
  const wrong = responses.flatMap(({ headers }) =>
    Object.entries(HEADERS).flatMap(([name, isRight]) => {
      const value = headers.get(name);
      if (value !== null && isRight(value)) return [];
      return [value === null ? `${name} is missing` : `${name} is "${value}"`];
    }),
  );
  if (wrong.length === 0) return 'immutable, nosniff, sandbox';
  throw new CheckFailed(
    [...new Set(wrong)].join('; '),
    'Serve variants through CloudFront with the response headers of the stack ("npm run deploy"), and keep the stored cache-control.',
  );
}
