import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';
import { type ClaimRefusal, MAX_CLAIM_LENGTH } from '../../../contract/callbacks.ts';
import { CALLBACK_PATH } from '../../../contract/routes.ts';
import type { AppConfig } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import { ProblemCode, ProcessedPhoto, StorableText } from '../../photos/image-api/schema.ts';
import { markFailed, markReady } from '../../photos/status.ts';
import { claimUpload } from '../../photos/upload/claim.ts';
import { ANONYMOUS_BYTES } from '../plugins/body-limits.ts';
import type { Metrics } from '../plugins/metrics.ts';

/**
 * A callback is not authenticated until its signature has been verified. The largest, of 54 variants (8 sizes, 3 formats),
 * has 5,422 bytes.
 */
const MAX_BYTES = ANONYMOUS_BYTES;

const Callback = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('photo.started'),
    photoId: z.uuid(),
    claim: StorableText.min(1).max(MAX_CLAIM_LENGTH),
  }),
  z.object({ type: z.literal('photo.ready'), photo: ProcessedPhoto.extend({ photoId: z.uuid() }) }),
  z.object({
    type: z.literal('photo.failed'),
    photoId: z.uuid(),
    error: z.object({
      code: ProblemCode,
      message: StorableText,
    }),
  }),
]);
type Callback = z.output<typeof Callback>;

interface CallbackParts {
  config: Pick<AppConfig, 'callbackSecrets'>;
  database: Database;
  log: FastifyBaseLogger;
  metrics: Metrics;
}

/**
 * Receives callbacks about direct uploads from the image function, signed as Standard Webhooks describe: verified over the raw
 * body, in constant time, within five minutes. A claim is granted with 204 or refused with 409. A repeated outcome, and one of a
 * photo that was deleted, get the same 204.
 *
 * @see https://www.standardwebhooks.com
 */
export async function addCallbacks(
  server: FastifyInstance,
  { config, database, log, metrics }: CallbackParts,
) {
  const webhooks = config.callbackSecrets.map((secret) => new Webhook(secret));

  await server.register(async (scope) => {
    // The signature covers the raw bytes; re-serialized JSON may differ.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_BYTES },
      (_request, body, done) => done(null, body),
    );

    scope.post(CALLBACK_PATH, async (request, reply) => {
      if (!isGenuine(webhooks, request)) return reply.code(401).send();
      const callback = Callback.safeParse(jsonOf(request.body));
      if (!callback.success) {
        log.error({ err: callback.error }, 'A genuine callback could not be read.');
        return reply.code(400).send();
      }
      const refusal = await handle(callback.data);
      return refusal ? reply.code(409).send(refusal) : reply.code(204).send();
    });
  });

  async function handle(callback: Callback): Promise<ClaimRefusal | undefined> {
    const em = database.em.fork();
    switch (callback.type) {
      case 'photo.started': {
        const photo = await claimUpload(em, callback.photoId, callback.claim);
        return photo && { photo };
      }
      case 'photo.ready':
        observeDuration(callback.photo.photoId, 'READY');
        await markReady(em, callback.photo.photoId, callback.photo);
        return undefined;
      case 'photo.failed':
        observeDuration(callback.photoId, callback.error.code);
        await markFailed(em, callback.photoId, callback.error);
        return undefined;
    }
  }

  /** The first 48 bits of a photo id (UUIDv7) are the time of its presigned POST, ms since 1970. */
  function observeDuration(photoId: string, outcome: string) {
    const createdMs = Number.parseInt(photoId.replace('-', '').slice(0, 12), 16);
    metrics.directUploads.observe({ outcome }, (Date.now() - createdMs) / 1000);
  }
}

function isGenuine(webhooks: Webhook[], { body, headers }: FastifyRequest): boolean {
  if (!Buffer.isBuffer(body)) return false;
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, headers as Record<string, string>, { jsonParse: false });
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  });
}

/** @returns undefined, which fails validation, for invalid JSON */
function jsonOf(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
