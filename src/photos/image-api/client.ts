import { SpanKind } from '@opentelemetry/api';
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import type { PhotoKey } from '../../../contract/image-api.ts';
import { imagePath } from '../../../contract/routes.ts';
import { inSpan } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import { ProblemBody, ProcessedPhoto } from './schema.ts';
import { type GatewayRequest, type GatewayResponse, openGateway } from './sigv4-request.ts';

/** API Gateway gives up after 30 s; one second more receives its response. */
const TIMEOUT_MS = 31_000;

/**
 * Consecutive failures that open the circuit, and the time until one trial request. While it is open, requests fail at once:
 * otherwise, with a gateway that hangs, each upload would hold its memory and its client for half a minute.
 */
const CIRCUIT_BREAKER = { failures: 5, openMs: 10_000 };

/** Statuses of a gateway or function that is overloaded, restarting or too slow. */
const TRANSIENT_STATUSES = [429, 502, 503, 504];

export type ImageApi = ReturnType<typeof openImageApi>;

/** The bytes of a photo, or the key of the object that contains them. */
export type ImageSource = Uint8Array<ArrayBuffer> | PhotoKey;

/** Opens a client of the image API: API Gateway and the image function behind it. */
export function openImageApi(config: AppConfig) {
  const send = openGateway(config);
  const { imageApiTimeoutMs = TIMEOUT_MS } = config;
  const closing = new AbortController();
  const breaker = circuitBreaker(handleWhen(isUnavailable), {
    halfOpenAfter: CIRCUIT_BREAKER.openMs,
    breaker: new ConsecutiveBreaker(CIRCUIT_BREAKER.failures),
  });

  async function processOnce(photoId: string, source: ImageSource, crop: CropSpec) {
    const response = await send({
      path: imagePath(photoId),
      query: { crop: formatCrop(crop) },
      ...contentOf(source),
      signal: AbortSignal.any([AbortSignal.timeout(imageApiTimeoutMs), closing.signal]),
    }).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    if (response.status === 200) return ProcessedPhoto.parse(response.body);
    throw errorOf(response);
  }

  return {
    /**
     * Crops a photo and stores its variants.
     *
     * @throws PublicError the code of a problem with the photo; PROCESSING_FAILED or PROCESSING_UNAVAILABLE for our faults
     */
    process: (photoId: string, source: ImageSource, crop: CropSpec): Promise<ProcessedPhoto> =>
      breaker
        .execute(() =>
          inSpan('image API', () => processOnce(photoId, source, crop), {
            kind: SpanKind.CLIENT,
            attributes: { 'portrait.photo.id': photoId },
          }),
        )
        .catch((error: unknown) => {
          throw error instanceof BrokenCircuitError ? unavailable(error) : error;
        }),

    /** @throws when there is no response; any response, even an error, proves that the gateway is reachable */
    async check(signal: AbortSignal) {
      const response = await fetch(config.imageApiUrl, { signal });
      // An unread body keeps its connection open.
      await response.body?.cancel();
    },

    /** Aborts the requests in progress: they throw PROCESSING_UNAVAILABLE. */
    close: () => closing.abort(),
  };
}

const contentOf = (source: ImageSource): Pick<GatewayRequest, 'contentType' | 'body'> =>
  source instanceof Uint8Array
    ? { contentType: 'application/octet-stream', body: source }
    : { contentType: 'application/json', body: JSON.stringify(source) };

function errorOf({ status, body }: GatewayResponse): Error {
  const problem = ProblemBody.safeParse(body);
  if (problem.success) {
    const { code, message, ...facts } = problem.data.error;
    return new PublicError(code, message, facts);
  }
  const cause = new Error(`The image API responded with ${status}: ${JSON.stringify(body)}`);
  if (TRANSIENT_STATUSES.includes(status)) return unavailable(cause);
  return new PublicError(
    'PROCESSING_FAILED',
    'The photo could not be processed. Send it again in a moment.',
    { cause },
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
