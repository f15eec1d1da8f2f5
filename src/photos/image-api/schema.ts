/** Results of the image function, as responses of the image API and as callbacks. */
import { z } from 'zod';
import { CROP_STRATEGIES } from '../../../contract/crop.ts';
import { PHOTO_PROBLEMS, type PhotoProblem } from '../../../contract/error-codes.ts';
import { IMAGE_FORMATS } from '../../../contract/image.ts';

/** Code of a problem with the photo itself. */
export const ProblemCode = z.enum(Object.keys(PHOTO_PROBLEMS) as [PhotoProblem, ...PhotoProblem[]]);

/** Text that PostgreSQL can store: without U+0000 and lone surrogates. */
export const StorableText = z.string().regex(/^[^\0\p{Surrogate}]*$/u);
const Count = z.int32().nonnegative();

/** Body of an error response for a photo that cannot be processed. */
export const ProblemBody = z.object({
  error: z.object({
    code: ProblemCode,
    message: StorableText,
    limit: z.number().optional(),
    actual: z.number().optional(),
  }),
});

/** `ProcessedPhoto` of the contract, limited to what PostgreSQL can store. */
export const ProcessedPhoto = z.object({
  width: Count,
  height: Count,
  variants: z.array(
    z.object({
      name: StorableText,
      width: Count,
      height: Count,
      format: z.enum(IMAGE_FORMATS),
      bytes: Count,
      blurred: z.boolean(),
    }),
  ),
  crop: z.object({
    strategy: z.enum(CROP_STRATEGIES),
    x: z.number(),
    y: z.number(),
    width: z.number(),
    height: z.number(),
  }),
  placeholder: StorableText,
  dominantColor: StorableText,
});

export type ProcessedPhoto = z.output<typeof ProcessedPhoto>;
