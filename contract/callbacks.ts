import { type ErrorBody } from './error-codes.ts';
import { type ProcessedPhoto } from './image-api.ts';

/**
 * Body of `POST {CALLBACK_URL}`: that a direct upload is about to be processed, and what became of it. Signed as Standard
 * Webhooks describe (`webhook-id`, `webhook-timestamp`, `webhook-signature` over the raw body); the id is `callbackId(callback)`.
 */
export type Callback =
  | UploadStarted
  | { type: 'photo.ready'; photo: ProcessedPhoto }
  | { type: 'photo.failed'; photoId: string; error: ErrorBody['error'] };

/**
 * Claims a direct upload before any work is done for it. 204: process it. 409 with a `ClaimRefusal`: do not. The same claim is
 * granted again as long as the photo is not final.
 */
export interface UploadStarted {
  type: 'photo.started';
  photoId: string;
  /** Names one write of the object: the same for every delivery of its event. At most `MAX_CLAIM_LENGTH` characters. */
  claim: string;
}

/** S3's sequencers have 16 to 18 hexadecimal digits, message ids of SQS are UUIDs. */
export const MAX_CLAIM_LENGTH = 128;

/** Body of a 409 answer to `UploadStarted`. */
export interface ClaimRefusal {
  /** Processed for another write of the object; ended; or without a row, because it was deleted. */
  photo: 'IN_PROGRESS' | 'FINAL' | 'UNKNOWN';
}

/** The same for every delivery of the same fact, so that a receiver can recognize a repetition. */
export function callbackId(callback: Callback): string {
  switch (callback.type) {
    case 'photo.started':
      return `${callback.type}.${callback.photoId}.${callback.claim}`;
    case 'photo.ready':
      return `${callback.type}.${callback.photo.photoId}`;
    case 'photo.failed':
      return `${callback.type}.${callback.photoId}`;
  }
}
