import { CACHE_CONTROL } from '../../../contract/contract.ts';
import { type Answer, ask } from '../http.ts';
import { Cross } from '../report.ts';
import type { Variant } from './photo.ts';

/** First bytes of each format, from an offset. */
const MARKS: Record<string, { at: number; mark: string }> = {
  WEBP: { at: 8, mark: 'WEBP' },
  JPEG: { at: 0, mark: '\xff\xd8\xff' },
  AVIF: { at: 4, mark: 'ftypavif' },
};

/** Whether every link opens as the picture it promises. */
export async function checkPictures(variants: readonly Variant[]) {
  const answers = await Promise.all(variants.map(openPicture));
  return { fact: `${answers.length} links open as what they promise`, answers };
}

async function openPicture({ url, name, format, bytes }: Variant): Promise<Answer> {
  const answer = await ask(url);
  const { status, headers, body } = answer;
  if (status !== 200) {
    throw new Cross(
      `${name} is answered ${status}: ${url}`,
      'See PHOTO_URL, and that what stands there may read image/ of PHOTO_BUCKET.',
    );
  }
  const type = headers.get('content-type');
  const { at = 0, mark = '' } = MARKS[format] ?? {};
  const isIt = body.toString('latin1', at, at + mark.length) === mark && body.length === bytes;
  if (isIt && type === `image/${format.toLowerCase()}`) return answer;
  throw new Cross(
    `${name} should be ${bytes} bytes of ${format}, and is ${body.length} of ${type}`,
    'Something between the bucket and here changes pictures: turn off its optimisation.',
  );
}

const HEADERS: Record<string, (value: string) => boolean> = {
  'cache-control': (value) => value === CACHE_CONTROL,
  'x-content-type-options': (value) => value === 'nosniff',
  'content-security-policy': (value) => /(?:^|;\s*)sandbox(?:;|$)/.test(value),
};

/** Whether pictures may be kept for ever, and nothing a picture might hide can run. */
export async function checkHeaders(answers: readonly Answer[]) {
  const wrong = answers.flatMap(({ headers }) =>
    Object.entries(HEADERS).flatMap(([name, isRight]) => {
      const value = headers.get(name);
      if (value !== null && isRight(value)) return [];
      return [value === null ? `${name} is missing` : `${name} is "${value}"`];
    }),
  );
  if (wrong.length === 0) return 'immutable, nosniff, sandbox';
  throw new Cross(
    [...new Set(wrong)].join('; '),
    'Pictures must come through CloudFront with the headers of the stack ("npm run deploy"), with cache-control as they were stored.',
  );
}
