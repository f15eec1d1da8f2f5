import { detectPhotoType, SIGNATURE_BYTES } from '../../contract/image-signature.ts';
import { failure } from '../api/failure.ts';
import type { UploadPolicyQuery } from '../generated/graphql.ts';

/** Limits and formats of the API. */
export type UploadPolicy = UploadPolicyQuery['uploadPolicy'];

/** A file within the limits. */
export interface ChosenFile {
  file: Blob;
  /** MIME type, detected from its first bytes. */
  type: string;
  /** Object URL, to be revoked after use. Undefined if the browser cannot show the format (HEIC). */
  url: string | undefined;
}

/**
 * Validates a file before it is uploaded, which may take minutes on a slow connection.
 *
 * @throws Failure with the code that the API would respond with
 */
export async function validateFile(file: Blob, policy: UploadPolicy): Promise<ChosenFile> {
  if (file.size > policy.maxBytes) {
    const [limit, actual] = [policy.maxBytes, file.size].map(inMegabytes);
    throw failure(
      'PHOTO_TOO_LARGE',
      `The file has ${actual} MB; the limit is ${limit} MB. Reduce its size or choose another one.`,
    );
  }
  const type = await detectType(file);
  if (!policy.contentTypes.includes(type)) {
    const formats = policy.contentTypes.map((name) => name.replace('image/', '').toUpperCase());
    throw failure(
      'PHOTO_TYPE_UNSUPPORTED',
      `Choose a photo in one of these formats: ${formats.join(', ')}.`,
    );
  }
  return { file, type, url: await createPreview(file, type, policy) };
}

const inMegabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1).replace('.0', '');

/** Formats that not every browser can show; the API validates them. */
const NOT_EVERYWHERE = ['image/heic', 'image/heif', 'image/avif'];

async function createPreview(file: Blob, type: string, { maxPixels, minSide }: UploadPolicy) {
  const url = URL.createObjectURL(file);
  try {
    const { width, height } = await measure(url);
    if (width * height > maxPixels) {
      const [limit, actual] = [maxPixels, width * height].map((pixels) => Math.round(pixels / 1e6));
      throw failure(
        'PHOTO_TOO_MANY_PIXELS',
        `The photo has ${actual} megapixels; the limit is ${limit}. Scale it down or choose another one.`,
      );
    }
    if (Math.min(width, height) < minSide) {
      throw failure(
        'PHOTO_TOO_SMALL',
        `The photo has ${width} × ${height} pixels; each side needs at least ${minSide}. Choose a larger one.`,
      );
    }
    return url;
  } catch (error) {
    URL.revokeObjectURL(url);
    if (!(error instanceof DOMException)) throw error;
    if (NOT_EVERYWHERE.includes(type)) return undefined;
    throw failure(
      'PHOTO_UNREADABLE',
      'The file is damaged or incomplete. Export it again or choose another one.',
    );
  }
}

/** @throws DOMException if the browser cannot decode the image */
async function measure(url: string) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
}

/** Detects the MIME type from the first bytes: file names may be wrong, and some systems have no type for HEIC. */
async function detectType(file: Blob) {
  const start = await file.slice(0, SIGNATURE_BYTES).arrayBuffer();
  return `image/${detectPhotoType(new Uint8Array(start))}`;
}
