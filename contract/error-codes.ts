/** Errors of the photo itself with their HTTP status: the caller's fault, never retried. Codes are permanent. */
export const PHOTO_PROBLEMS = {
  PHOTO_UNREADABLE: 400,
  PHOTO_TYPE_UNSUPPORTED: 400,
  PHOTO_TOO_LARGE: 413,
  PHOTO_TOO_MANY_PIXELS: 400,
  PHOTO_TOO_SMALL: 400,
  BAD_USER_INPUT: 400,
} as const;

export type PhotoProblem = keyof typeof PHOTO_PROBLEMS;

/** Body of every response other than 200. */
export interface ErrorBody {
  error: {
    code: PhotoProblem | 'PROCESSING_FAILED';
    message: string;
    limit?: number;
    actual?: number;
  };
}
