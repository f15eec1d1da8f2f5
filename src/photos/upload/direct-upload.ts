import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Field, ObjectType } from 'type-graphql';
import { type CropSpec, formatCrop } from '../../../contract/crop.ts';
import { CONTENT_TYPES } from '../../../contract/image.ts';
import type { Config } from '../../config.ts';
import { PublicError } from '../../errors.ts';
import { lockProfile } from '../../profiles/lock.ts';
import { Photo, type PhotoStatus } from '../photo.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { PresignedPosts } from './presigned-post.ts';

/**
 * Direct uploads of one profile that wait for their file, wait in the queue, or are in progress: one user's share of the queue.
 * The slowest photo found, a 48 megapixel AVIF, takes 2.5 s (two shared cores), so one user is ahead of others with 12.5 s of
 * work at most. On a laptop two calls share it; on AWS it is one batch (`QUEUE_BATCH_SIZE`) of one of `queueConcurrency` calls.
 */
const MAX_OPEN_UPLOADS = 5;

/** Seconds that a form must still be good for to be handed out again: time enough to choose and begin. */
const WORTH_REUSING = 30;

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

interface Wish {
  profileId: string;
  contentType: string;
  crop: CropSpec;
  alt: string;
}

interface Services {
  em: SqlEntityManager;
  presignedPosts: PresignedPosts;
  bucket: Pick<Bucket, 'holdsUpload'>;
  config: Pick<Config, 'presignedUrlExpiration'>;
}

/**
 * Answer later: a row, and a form that lets its holder put one photo into the bucket, of this type and at most the
 * size allowed. An open request for the same photo is handed out again instead of a new one.
 *
 * @throws PublicError PHOTO_TYPE_UNSUPPORTED, TOO_MANY_REQUESTS, NOT_FOUND
 */
export async function requestUpload(
  { em, presignedPosts, bucket, config }: Services,
  wish: Wish,
): Promise<PhotoUpload> {
  if (!CONTENT_TYPES.some((type) => type === wish.contentType)) {
    const types = CONTENT_TYPES.join(', ');
    throw new PublicError('PHOTO_TYPE_UNSUPPORTED', `A photo must be one of ${types}.`);
  }
  // Before the transaction: no request may wait for a bucket while it holds a row lock.
  const used = await usedRequests(em, wish.profileId, bucket);
  const expiresAt = new Date(Date.now() + config.presignedUrlExpiration * 1000);
  const photo = await em.transactional((tx) => openRequest(tx, { ...wish, expiresAt }, used));
  return { photo, ...(await presignedPosts.make(photo)), expiresAt: photo.expiresAt ?? new Date() };
}

const UNDER_WAY: PhotoStatus[] = ['AWAITING_UPLOAD', 'PROCESSING'];

/** Direct uploads that have not ended; those that the API processes synchronously have no form, so no `expiresAt`. */
const isUnderWay = (profileId: string) => ({
  profileId,
  status: { $in: UNDER_WAY },
  expiresAt: { $ne: null },
});

/** Ids of requests whose file is in the bucket already: in the queue, also after the form has expired. */
async function usedRequests(
  em: SqlEntityManager,
  profileId: string,
  bucket: Services['bucket'],
): Promise<string[]> {
  const waiting = await em
    .fork()
    .find(Photo, { ...isUnderWay(profileId), status: 'AWAITING_UPLOAD' as const });
  const isUsed = await Promise.all(waiting.map(({ id }) => bucket.holdsUpload(id)));
  return waiting.flatMap(({ id }, at) => (isUsed[at] ? [id] : []));
}

async function openRequest(
  tx: SqlEntityManager,
  { crop, ...wish }: Wish & { expiresAt: Date },
  used: string[],
): Promise<Photo> {
  const { profileId, contentType, alt } = wish;
  // Two requests of one client at once are to share a row, and to be counted.
  await lockProfile(tx, profileId);

  const uploads = await tx.find(Photo, isUnderWay(profileId));
  const open = uploads.filter(
    ({ id, status, expiresAt }) =>
      status === 'PROCESSING' || used.includes(id) || Number(expiresAt) > Date.now(),
  );
  const same = open.find(
    (photo) =>
      photo.status === 'AWAITING_UPLOAD' &&
      photo.contentType === contentType &&
      photo.wish === formatCrop(crop) &&
      photo.alt === alt &&
      Number(photo.expiresAt) > Date.now() + WORTH_REUSING * 1000 &&
      !used.includes(photo.id),
  );
  if (same) return same;
  if (open.length >= MAX_OPEN_UPLOADS) {
    throw new PublicError(
      'TOO_MANY_REQUESTS',
      `${open.length} uploads are waiting or in progress. Use one of them, or try again when they have ended.`,
    );
  }
  return tx.create(Photo, { ...wish, status: 'AWAITING_UPLOAD', wish: formatCrop(crop) });
}
