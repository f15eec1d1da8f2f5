import { failure } from '../api/failure.ts';
import type { UploadPolicyQuery } from '../generated/graphql.ts';

/** What the API takes. */
export type Policy = UploadPolicyQuery['uploadPolicy'];

/** A file that may be sent. */
export interface Chosen {
  file: Blob;
  /** What its bytes say it is. */
  type: string;
  /** Address of it for this page, to be revoked in the end. Undefined where the browser cannot show it (HEIC). */
  url: string | undefined;
}

/**
 * Looks at a file before anything of it is sent.
 *
 * @throws Failure what the API would say later, after minutes on a slow line
 */
export async function choose(file: Blob, policy: Policy): Promise<Chosen> {
  if (file.size > policy.maxBytes) {
    const [limit, actual] = [policy.maxBytes, file.size].map(inMegabytes);
    throw failure(
      'PHOTO_TOO_LARGE',
      `It has ${actual} MB; up to ${limit} MB are taken. Save it smaller, or choose another.`,
    );
  }
  const type = typeOf(new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (!type || !policy.contentTypes.includes(type)) {
    const known = policy.contentTypes.map((name) => name.replace('image/', '').toUpperCase());
    throw failure(
      'PHOTO_TYPE_UNSUPPORTED',
      `Choose a photo in one of these formats: ${known.join(', ')}.`,
    );
  }
  return { file, type, url: await show(file, type, policy) };
}

const inMegabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1).replace('.0', '');

/** What may be fine although this browser cannot show it. */
const NOT_EVERYWHERE = ['image/heic', 'image/heif', 'image/avif'];

async function show(file: Blob, type: string, { maxPixels, minSide }: Policy) {
  const url = URL.createObjectURL(file);
  try {
    const { width, height } = await measure(url);
    if (width * height > maxPixels) {
      const [limit, actual] = [maxPixels, width * height].map((pixels) => Math.round(pixels / 1e6));
      throw failure(
        'PHOTO_TOO_MANY_PIXELS',
        `It has ${actual} megapixels; up to ${limit} are taken. Scale it down, or choose another.`,
      );
    }
    if (Math.min(width, height) < minSide) {
      throw failure(
        'PHOTO_TOO_SMALL',
        `It is ${width} by ${height} pixels; the shorter side needs ${minSide} or more.`,
      );
    }
    return url;
  } catch (error) {
    URL.revokeObjectURL(url);
    if (!(error instanceof DOMException)) throw error;
    if (NOT_EVERYWHERE.includes(type)) return undefined;
    throw failure(
      'PHOTO_UNREADABLE',
      'The file is damaged or incomplete. Save it again from where it comes from, or choose another.',
    );
  }
}

/** @throws DOMException when the browser cannot decode it */
async function measure(url: string) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return { width: image.naturalWidth, height: image.naturalHeight };
}

/** Names lie, and some systems know no name for HEIC: the first bytes say what it is. */
function typeOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n')) return 'image/png';
  if (text.startsWith('GIF8')) return 'image/gif';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 8) !== 'ftyp') return undefined;
  const brand = text.slice(8, 12);
  if (/^avi[fs]$/.test(brand)) return 'image/avif';
  if (/^he(ic|ix|vc|vx|im|is)$/.test(brand)) return 'image/heic';
  return /^(mif1|msf1)$/.test(brand) ? 'image/heif' : undefined;
}
