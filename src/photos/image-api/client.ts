import { SpanKind } from '@opentelemetry/api';
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import type { PhotoKey } from '../../../contract/image-api.ts';
import { imagePath } from '../../../contract/routes.ts';
import { inSpan } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import { Processed, type ProcessedPhoto, Refusal } from './schema.ts';
import { type Answer, type Call, openGateway } from './sigv4-request.ts';

/** The gateway gives up after 30 s; a moment later so does this side, and its answer is worth waiting for. */
const TIMEOUT_MS = 31_000;

/**
 * Calls in a row that come to nothing until the next are not even made: a gateway that hangs would else hold each upload,
 * its memory and its client for half a minute. After a while one call tries whether it is back.
 */
const BREAK = { after: 5, ms: 10_000 };

export type ImageApi = ReturnType<typeof openImageApi>;

/** What is sent: the bytes themselves, or the key of the object that holds them. */
export type ImageSource = Uint8Array<ArrayBuffer> | PhotoKey;

/** The image API: API Gateway and the function behind it. */
export function openImageApi(config: AppConfig) {
  const call = openGateway(config);
  const { imageApiTimeout = TIMEOUT_MS } = config;
  const closing = new AbortController();
  const breaker = circuitBreaker(handleWhen(isUnavailable), {
    halfOpenAfter: BREAK.ms,
    breaker: new ConsecutiveBreaker(BREAK.after),
  });

  async function ask(
    photoId: string,
    parcel: ImageSource,
    crop: CropSpec,
  ): Promise<ProcessedPhoto> {
    const answer = await call({
      path: imagePath(photoId),
      query: { crop: formatCrop(crop) },
      ...contentOf(parcel),
      signal: AbortSignal.any([AbortSignal.timeout(imageApiTimeout), closing.signal]),
    }).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (answer.status === 200) return Processed.parse(answer.body);
    throw failureOf(answer);
  }

  return {
    /**
     * Cuts and stores a photo.
     *
     * @throws PublicError the photo's own fault with its code, PROCESSING_FAILED or PROCESSING_UNAVAILABLE for ours
     */
    process: (photoId: string, parcel: ImageSource, crop: CropSpec): Promise<ProcessedPhoto> =>
      breaker
        .execute(() =>
          inSpan('image API', () => ask(photoId, parcel, crop), {
            kind: SpanKind.CLIENT,
            attributes: { 'portrait.photo.id': photoId },
          }),
        )
        .catch((error: unknown) => {
          throw error instanceof BrokenCircuitError ? unavailable(error) : error;
        }),

    /** @throws when nothing answers; any answer, a refusal too, shows that the gateway is there */
    async check(signal: AbortSignal) {
      const answer = await fetch(config.imageApiUrl, { signal });
      // Unread bodies hold their connection.
      await answer.body?.cancel();
    },

    /** Breaks off the calls under way: they throw PROCESSING_UNAVAILABLE. */
    close: () => closing.abort(),
  };
}

const contentOf = (parcel: ImageSource): Pick<Call, 'type' | 'body'> =>
  parcel instanceof Uint8Array
    ? { type: 'application/octet-stream', body: parcel }
    : { type: 'application/json', body: JSON.stringify(parcel) };

/** Statuses of a gateway or function that is overloaded, restarting or too slow. */
const PASSING = [429, 502, 503, 504];

function failureOf({ status, body }: Answer): Error {
  const refusal = Refusal.safeParse(body);
  if (refusal.success) {
    const { code, message, ...facts } = refusal.data.error;
    return new PublicError(code, message, facts);
  }
  const cause = new Error(`The image API answered ${status}: ${JSON.stringify(body)}`);
  if (PASSING.includes(status)) return unavailable(cause);
  return new PublicError(
    'PROCESSING_FAILED',
    'The photo could not be processed. Send it again in a moment.',
    {
      cause,
    },
  );
}

const unavailable = (cause: unknown) =>
  new PublicError(
    'PROCESSING_UNAVAILABLE',
    'Photos cannot be processed right now. Nothing was changed; try again in a minute.',
    { cause, retryAfter: 60 },
  );

const isUnavailable = (error: unknown) =>
  error instanceof PublicError && error.code === 'PROCESSING_UNAVAILABLE';
