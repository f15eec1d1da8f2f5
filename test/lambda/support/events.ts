/** Calls the function the way API Gateway's HTTP API does. */
import { randomUUID } from 'node:crypto';
import type { ErrorBody } from '../../../contract/error-codes.ts';
import type { ProcessedPhoto } from '../../../contract/image-api.ts';
import type { HttpAnswer, HttpEvent } from '../../../lambda/handlers/http.ts';

export const freshId = () => randomUUID();

/** Posts a photo: bytes unchanged, everything else as JSON. */
export async function post(
  http: (event: HttpEvent) => Promise<HttpAnswer>,
  photoId: string,
  ...[sent, query = {}, { method = 'POST' } = {}]: [
    sent: Uint8Array | object,
    query?: Record<string, string>,
    odd?: { method?: string },
  ]
) {
  const isBytes = sent instanceof Uint8Array;
  const answer = await http({
    rawPath: `/images/${photoId}`,
    requestContext: { http: { method } },
    headers: { 'content-type': isBytes ? 'image/jpeg' : 'application/json' },
    queryStringParameters: query,
    body: isBytes ? Buffer.from(sent).toString('base64') : JSON.stringify(sent),
    isBase64Encoded: isBytes,
  });
  const body: ProcessedPhoto & ErrorBody = JSON.parse(answer.body);
  return { status: answer.statusCode, body };
}
