/** The answer-now entry: API Gateway's HTTP API (payload 2.0), `POST /images/{photoId}`. */
import { type ErrorBody, PHOTO_PROBLEMS, stagedKey, temporaryKey, UUID } from './contract.ts';
import { PhotoError } from './errors.ts';
import { logFault } from './log.ts';
import type { FunctionOptions } from './options.ts';
import { type PhotoRequest, type PhotoService, processPhoto, readCrop } from './photos.ts';

/** What is read of the event. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export interface HttpEvent {
  rawPath: string;
  requestContext: { http: { method: string } };
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  queryStringParameters?: Readonly<Record<string, string | undefined>>;
  body?: string;
  isBase64Encoded: boolean;
}

export interface HttpAnswer {
  statusCode: number;
  headers: { 'content-type': 'application/json' };
  body: string;
}

/** Answers every event; never throws. */
export async function answerHttp(event: HttpEvent, service: PhotoService): Promise<HttpAnswer> {
  const photoId = /^\/images\/([^/]+)$/.exec(event.rawPath)?.[1];
  if (photoId === undefined || event.requestContext.http.method !== 'POST') {
    return refusal(404, 'BAD_USER_INPUT', 'There is only POST /images/{photoId}.');
  }
  try {
    const request = readRequest(photoId, event, service.options);
    return json(200, await processPhoto(request, service));
  } catch (error) {
    if (error instanceof PhotoError) {
      return json(PHOTO_PROBLEMS[error.code], { error: error.answer });
    }
    logFault(error, { photoId });
    return refusal(500, 'PROCESSING_FAILED', 'The photo could not be processed. Try again.');
  }
}

/** A photo as it is, or a `PhotoBody`: in base64, or the key of this very photo's object, staged or uploaded directly. */
function readRequest(photoId: string, event: HttpEvent, options: FunctionOptions): PhotoRequest {
  if (!UUID.test(photoId)) throw badInput('The photo id must be a UUID in lower case.');
  const crop = readCrop(event.queryStringParameters?.crop);
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length === 0) throw badInput('The body is empty; it must be a photo.');

  const isJson = /^application\/json\b/i.test(event.headers['content-type'] ?? '');
  if (!isJson) return { photoId, crop, bytes: body };
  const { key, image } = parseObject(body);
  // Any other key would let one caller read, and delete, what another one sent.
  if (key === stagedKey(photoId)) return { photoId, crop, stagedKey: key };
  if (key === temporaryKey(photoId, options.temporaryFolder)) {
    // Its event may wake the queue at the same time.
    return { photoId, crop, stagedKey: key, mayHaveTwin: true };
  }
  if (typeof image === 'string') return { photoId, crop, bytes: readBase64(image) };
  throw badInput('The JSON body must be {"key": "staged/{photoId}"} or {"image": "<base64>"}.');
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(body.toString()));
  } catch {
    throw badInput('The body is no JSON.');
  }
}

/** Base64, plain or as a data URL. */
function readBase64(image: string): Buffer {
  const base64 = image.replace(/^data:[^,]{0,100};base64,/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw badInput('The image is no base64.');
  return Buffer.from(base64, 'base64');
}

const badInput = (message: string) => new PhotoError('BAD_USER_INPUT', message);

const refusal = (status: number, code: ErrorBody['error']['code'], message: string) =>
  json(status, { error: { code, message } } satisfies ErrorBody);

const json = (statusCode: number, body: object): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
