import { type ErrorBody } from './error-codes.ts';
import { type ProcessedPhoto } from './image-api.ts';

/**
 * Body of `POST {CALLBACK_URL}`: reports that a direct upload is about to be processed, and its outcome. Signed as
 * Standard Webhooks specifies (`webhook-id`, `webhook-timestamp`, `webhook-signature` over the raw body); the id is `callbackId(callback)`.
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
  /** Identifies one write of the object: the same for every delivery of its event. At most `MAX_CLAIM_LENGTH` characters. */
  claim: string;
}

/** S3's sequencers have 16 to 18 hexadecimal digits, message ids of SQS are UUIDs. */
export const MAX_CLAIM_LENGTH = 128;

/** Body of a 409 response to `UploadStarted`. */
export interface ClaimRefusal {
  /** Being processed for another write of the object; READY, FAILED or EXPIRED; or deleted, so that no row exists. */
  photo: 'IN_PROGRESS' | 'FINAL' | 'UNKNOWN';
}

/** Identical for every delivery of the same callback, so that receivers can detect duplicates. */
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
