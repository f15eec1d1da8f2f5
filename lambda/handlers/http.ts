/** Synchronous uploads: API Gateway's HTTP API (payload 2.0), `POST /images/{photoId}`. */
import { SpanKind } from '@opentelemetry/api';
import { type ErrorBody, PHOTO_PROBLEMS } from '../../contract/error-codes.ts';
import { imageFolder, stagedKey, temporaryKey, UUID } from '../../contract/keys.ts';
import { inSpan, noteFacts, parentOf } from '../../contract/spans.ts';
import type { FunctionConfig } from '../config.ts';
import { PhotoError } from '../errors.ts';
import { logFault } from '../log.ts';
import {
  type PhotoRequest,
  type PhotoService,
  processPhoto,
  readCrop,
  type StoredPhoto,
} from '../process-photo.ts';

/** The fields of the event that are used. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export interface HttpEvent {
  rawPath: string;
  requestContext: { http: { method: string } };
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  queryStringParameters?: Readonly<Record<string, string | undefined>>;
  body?: string;
  isBase64Encoded: boolean;
}

/** Response for API Gateway (HTTP API, payload 2.0). */
export interface HttpAnswer {
  statusCode: number;
  headers: { 'content-type': 'application/json' };
  body: string;
}

/** Answers every event, in a span of its caller's trace. Never throws. */
export const answerHttp = (event: HttpEvent, service: PhotoService): Promise<HttpAnswer> =>
  inSpan('process photo', () => answer(event, service), {
    kind: SpanKind.SERVER,
    parent: parentOf(event.headers.traceparent),
  });

async function answer(event: HttpEvent, service: PhotoService): Promise<HttpAnswer> {
  const photoId = /^\/images\/([^/]+)$/.exec(event.rawPath)?.[1];
  if (photoId === undefined || event.requestContext.http.method !== 'POST') {
    return errorResponse(404, 'BAD_USER_INPUT', 'Not found. Use POST /images/{photoId}.');
  }
  try {
    const request = readRequest(photoId, event, service.config);
    noteFacts({ 'portrait.photo.id': photoId });
    return json(200, await processPhoto(request, service));
  } catch (error) {
    if (error instanceof PhotoError) {
      noteFacts({ 'error.type': error.code });
      return json(PHOTO_PROBLEMS[error.code], { error: error.body });
    }
    logFault(error, { photoId });
    noteFacts({ 'error.type': 'PROCESSING_FAILED' });
    return errorResponse(500, 'PROCESSING_FAILED', 'The photo could not be processed. Try again.');
  }
}

function readRequest(photoId: string, event: HttpEvent, folders: Folders): PhotoRequest {
  if (!UUID.test(photoId)) throw badInput('The photo id must be a lower-case UUID.');
  const crop = readCrop(event.queryStringParameters?.crop);
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length === 0) throw badInput('The request body is empty. Send a photo.');

  const isJson = /^application\/json\b/i.test(event.headers['content-type'] ?? '');
  return { photoId, crop, ...(isJson ? readJson(body, photoId, folders) : { bytes: body }) };
}

/** The photo in base64 (`image`), or its key in the bucket (`PhotoKey`). */
function readJson(body: Buffer, photoId: string, folders: Folders): Content {
  const { key, image } = parseObject(body);
  // Any other key would let a caller read and delete the upload of another one.
  if (key === stagedKey(photoId)) return { key, isUpload: true };
  // Its event may be processed at the same time, and the caller decides when it is no longer needed.
  if (key === temporaryKey(photoId, folders.temporaryFolder)) {
    return { key, isUpload: false, mayRunTwice: true };
  }
  if (typeof key === 'string' && isMaster(key, folders.folder)) return { key, isUpload: false };
  if (typeof image === 'string') return { bytes: readBase64(image) };
  throw badInput(
    'The JSON body must be {"image": "<base64>"}, or {"key": …} with the key of this upload or of a master.',
  );
}

type Folders = Pick<FunctionConfig, 'folder' | 'temporaryFolder'>;
type Content = { bytes: Buffer } | (StoredPhoto & Pick<PhotoRequest, 'mayRunTwice'>);

/** Whether the key is that of a master, which may be cropped again any number of times. */
function isMaster(key: string, folder: string): boolean {
  const [photoId = '', file = ''] = key.slice(folder.length).split('/');
  const isOfPhoto = key === imageFolder(photoId, folder) + file && UUID.test(photoId);
  return isOfPhoto && /^master\.(jpeg|webp)$/.test(file);
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(body.toString()));
  } catch {
    throw badInput('The request body is not valid JSON.');
  }
}

/** Base64, plain or as a data URL. */
function readBase64(image: string): Buffer {
  const base64 = image.replace(/^data:[^,]{0,100};base64,/, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw badInput('The image is not valid base64.');
  return Buffer.from(base64, 'base64');
}

const badInput = (message: string) => new PhotoError('BAD_USER_INPUT', message);

const errorResponse = (status: number, code: ErrorBody['error']['code'], message: string) =>
  json(status, { error: { code, message } } satisfies ErrorBody);

const json = (statusCode: number, body: object): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
