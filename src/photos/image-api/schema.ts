/** What the image function says of a photo, answered now or called back later. */
import { z } from 'zod';
import { CROP_STRATEGIES } from '../../../contract/crop.ts';
import { PHOTO_PROBLEMS, type PhotoProblem } from '../../../contract/error-codes.ts';
import { IMAGE_FORMATS } from '../../../contract/image.ts';

/** Code of what is the image's own fault. */
export const Problem = z.enum(Object.keys(PHOTO_PROBLEMS) as [PhotoProblem, ...PhotoProblem[]]);

/** What a column of PostgreSQL takes: a text without U+0000 and half pairs of surrogates, a number below two billion. */
export const Text = z.string().regex(/^[^\0\p{Surrogate}]*$/u);
const Whole = z.int32().nonnegative();

/** The image's own fault, in the words of the contract. */
export const Refusal = z.object({
  error: z.object({
    code: Problem,
    message: Text,
    limit: z.number().optional(),
    actual: z.number().optional(),
  }),
});

/** What became of a photo: `ProcessedPhoto` of the contract, as far as PostgreSQL can keep it. */
export const Processed = z.object({
  width: Whole,
  height: Whole,
  variants: z.array(
    z.object({
      name: Text,
      width: Whole,
      height: Whole,
      format: z.enum(IMAGE_FORMATS),
      bytes: Whole,
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
  placeholder: Text,
  dominantColor: Text,
});

export type ProcessedPhoto = z.output<typeof Processed>;
