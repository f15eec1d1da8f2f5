import type { ErrorBody, PhotoProblem } from '../contract/error-codes.ts';

/** The photo is invalid: reported to the caller with its code, never retried. */
export class PhotoError extends Error {
  override name = 'PhotoError';
  readonly code: PhotoProblem;
  readonly facts: { limit?: number; actual?: number };

  constructor(
    code: PhotoProblem,
    message: string,
    facts: { limit?: number; actual?: number; cause?: unknown } = {},
  ) {
    const { cause, ...rest } = facts;
    super(message, { cause });
    this.code = code;
    this.facts = rest;
  }

  /** The error as it is reported. */
  get body(): ErrorBody['error'] {
    return { code: this.code, message: this.message, ...this.facts };
  }

  static tooLarge(limit: number, actual: number) {
    const message = `The photo has ${actual} bytes; at most ${limit} are accepted. Send a smaller one.`;
    return new PhotoError('PHOTO_TOO_LARGE', message, { limit, actual });
  }
}
