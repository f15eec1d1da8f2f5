import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Field, ObjectType } from 'type-graphql';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import { CONTENT_TYPES } from '../../../contract/image.ts';
import type { Config } from '../../config.ts';
import type { Reader } from '../../database/statement.ts';
import { PublicError } from '../../errors.ts';
import { lockProfile } from '../../profiles/lock.ts';
import { Photo, UNFINISHED } from '../photo.ts';
import { readAwaitedUploads } from '../repository.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { PresignedPosts } from './presigned-post.ts';

/**
 * Maximum number of direct uploads per profile that await their file, are queued, or are in progress: one user's share of the
 * queue. The slowest photo found, a 48-megapixel AVIF, takes 2.5 s (two shared cores), so other users wait at most 12.5 s for
 * one user. On a laptop two invocations share that work; on AWS it is one batch (`QUEUE_BATCH_SIZE`) of one of
 * `queueConcurrency` invocations.
 */
const MAX_OPEN_UPLOADS = 5;

/** Remaining validity for a presigned POST to be issued again: enough to choose a photo and start the upload. */
const MIN_REUSABLE_MS = 30_000;

@ObjectType({ simpleResolvers: true, description: 'A form field, to be sent unchanged.' })
export class FormField {
  @Field(() => String, { description: 'Name of the field.' }) name!: string;
  @Field(() => String, { description: 'Value of the field.' }) value!: string;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'A presigned POST for one file. Send `fields` in this order, then the file as `file`, as multipart/form-data to `url`. Status 204 confirms the upload.',
})
export class PhotoUpload {
  @Field(() => Photo, { description: 'The photo, AWAITING_UPLOAD at first.' })
  photo!: Photo;
  @Field(() => String, { description: 'URL to send the request to.' }) url!: string;
  @Field(() => [FormField], { description: 'Form fields to send before the file.' })
  fields!: FormField[];
  @Field(() => Date, { description: 'Time from which the upload is rejected.' }) expiresAt!: Date;
}

interface UploadRequest {
  profileId: string;
  contentType: string;
  crop: CropSpec;
  alt: string;
}

interface DirectUploadParts {
  em: SqlEntityManager;
  pool: Reader;
  presignedPosts: PresignedPosts;
  bucket: Pick<Bucket, 'holdsUpload'>;
  config: Pick<Config, 'presignedUrlExpiration'>;
}

/**
 * Direct upload: inserts a row and creates a presigned POST for one photo of this type and at most the allowed size.
 * A request for the same photo that is still waiting is reused.
 *
 * @throws PublicError PHOTO_TYPE_UNSUPPORTED, TOO_MANY_REQUESTS, NOT_FOUND
 */
export async function requestUpload(
  { em, pool, presignedPosts, bucket, config }: DirectUploadParts,
  request: UploadRequest,
): Promise<PhotoUpload> {
  if (!CONTENT_TYPES.some((type) => type === request.contentType)) {
    const types = CONTENT_TYPES.join(', ');
    throw new PublicError('PHOTO_TYPE_UNSUPPORTED', `Unsupported file type. Send one of ${types}.`);
  }
  // Before the transaction, so that no row stays locked while the bucket responds.
  const arrived = await readArrivedUploads(pool, request.profileId, bucket);
  const expiresAt = new Date(Date.now() + config.presignedUrlExpiration * 1000);
  const photo = await em.transactional((tx) =>
    findOrCreate(tx, { ...request, expiresAt }, arrived),
  );
  return { photo, ...(await presignedPosts.create(photo)) };
}

/** IDs of uploads whose file is already in the bucket: in the queue, even if the presigned POST has expired. */
async function readArrivedUploads(
  pool: Reader,
  profileId: string,
  bucket: DirectUploadParts['bucket'],
): Promise<string[]> {
  const ids = await readAwaitedUploads(pool, profileId);
  const hasArrived = await Promise.all(ids.map((id) => bucket.holdsUpload(id)));
  return ids.filter((_, at) => hasArrived[at]);
}

async function findOrCreate(
  tx: SqlEntityManager,
  { crop, ...request }: UploadRequest & { expiresAt: Date },
  arrived: string[],
): Promise<Photo> {
  const { profileId, contentType, alt } = request;
  // Concurrent requests of one client must find the same row, and all be counted.
  await lockProfile(tx, profileId);

  const uploads = await tx.find(Photo, {
    profileId,
    status: { $in: UNFINISHED },
    // Null for synchronous uploads.
    expiresAt: { $ne: null },
  });
  const open = uploads.filter(
    ({ id, status, expiresAt }) =>
      status === 'PROCESSING' || arrived.includes(id) || Number(expiresAt) > Date.now(),
  );
  const same = open.find(
    (photo) =>
      photo.status === 'AWAITING_UPLOAD' &&
      photo.contentType === contentType &&
      photo.cropRequest === formatCrop(crop) &&
      photo.alt === alt &&
      Number(photo.expiresAt) > Date.now() + MIN_REUSABLE_MS &&
      !arrived.includes(photo.id),
  );
  if (same) return same;
  if (open.length >= MAX_OPEN_UPLOADS) {
    throw new PublicError(
      'TOO_MANY_REQUESTS',
      `There are already ${open.length} unfinished uploads. Complete one of them, or try again when they have finished.`,
    );
  }
  return tx.create(Photo, { ...request, status: 'AWAITING_UPLOAD', cropRequest: formatCrop(crop) });
}
