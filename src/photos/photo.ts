import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { OptionalProps } from '@mikro-orm/postgresql';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { v7 as uuid } from 'uuid';
import type { Crop as CropRow } from '../../contract/crop.ts';
import type { Variant } from '../../contract/image.ts';
import type { ErrorCode } from '../errors.ts';
import { Profile } from '../profiles/profile.ts';

export const PhotoStatus = {
  AWAITING_UPLOAD: 'AWAITING_UPLOAD',
  PROCESSING: 'PROCESSING',
  READY: 'READY',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const;
export type PhotoStatus = keyof typeof PhotoStatus;
registerEnumType(PhotoStatus, {
  name: 'PhotoStatus',
  description: 'Processing state of a photo. READY, FAILED and EXPIRED are final.',
  valuesConfig: {
    AWAITING_UPLOAD: {
      description: 'Requested by `requestPhotoUpload`; the file has not arrived yet.',
    },
    PROCESSING: { description: 'The file has arrived and is being processed.' },
    READY: { description: 'All variants are stored.' },
    FAILED: { description: 'Processing failed; see `failure`.' },
    EXPIRED: { description: 'The file did not arrive before `expiresAt`.' },
  },
});

/** States that never change. */
export const FINAL: PhotoStatus[] = ['READY', 'FAILED', 'EXPIRED'];

export const UNFINISHED: PhotoStatus[] = ['AWAITING_UPLOAD', 'PROCESSING'];

export const ImageFormat = { AVIF: 'AVIF', WEBP: 'WEBP', JPEG: 'JPEG' } as const;
export type ImageFormat = keyof typeof ImageFormat;
registerEnumType(ImageFormat, {
  name: 'ImageFormat',
  description: 'File format of a variant.',
  valuesConfig: {
    AVIF: { description: 'Smallest files; not supported by some older browsers.' },
    WEBP: { description: 'Supported by all current browsers.' },
    JPEG: { description: 'For clients other than browsers, such as e-mail.' },
  },
});

export const CropStrategy = {
  RECTANGLE: 'RECTANGLE',
  FOCAL_POINT: 'FOCAL_POINT',
  ATTENTION: 'ATTENTION',
  CENTRE: 'CENTRE',
} as const;
export type CropStrategy = keyof typeof CropStrategy;
registerEnumType(CropStrategy, {
  name: 'CropStrategy',
  description: 'How the square is chosen.',
  valuesConfig: {
    RECTANGLE: { description: 'The largest square at the center of a given rectangle.' },
    FOCAL_POINT: {
      description: 'The largest square whose center is as close as possible to a given point.',
    },
    ATTENTION: {
      description:
        'The largest square around the region with the most detail, saturation and skin-like color.',
    },
    CENTRE: { description: 'The largest square at the center.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'A square, in fractions (0 to 1) of the upright photo.',
})
class Crop {
  @Field(() => CropStrategy, { description: 'How the square was chosen.' }) strategy!: CropStrategy;
  @Field(() => Float, { description: 'Left edge, as a fraction of the width.' }) x!: number;
  @Field(() => Float, { description: 'Top edge, as a fraction of the height.' }) y!: number;
  @Field(() => Float, { description: 'Fraction of the width.' }) width!: number;
  @Field(() => Float, { description: 'Fraction of the height.' }) height!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Reason why processing failed.' })
export class PhotoFailure {
  @Field(() => String, {
    description: 'Permanent error code, as in `extensions.code` of errors.',
  })
  code!: ErrorCode;
  @Field(() => String, {
    description: 'Explanation for the user: what happened, and the next step.',
  })
  message!: string;
  @Field(() => Boolean, { description: 'Whether sending the same photo again may succeed.' })
  retryable!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'One stored file of a photo.' })
export class PhotoVariant {
  @Field(() => String, {
    description: '`master`, or the side in px; blurred variants end in `-blurred`.',
  })
  name!: string;
  @Field(() => Int, { description: 'Width, px.' }) width!: number;
  @Field(() => Int, { description: 'Height, px.' }) height!: number;
  @Field(() => ImageFormat, { description: 'File format.' }) format!: ImageFormat;
  @Field(() => Int, { description: 'File size, bytes.' }) bytes!: number;
  @Field(() => Boolean, { description: 'Whether this is a blurred variant.' })
  blurred!: boolean;
  @Field(() => String, { description: 'Public URL. Its content never changes.' })
  url!: string;
}

/** One upload and its state. The row exists before any of its objects. */
@ObjectType({ simpleResolvers: true, description: 'An uploaded photo and its processing state.' })
@Entity({ tableName: 'photos' })
@Index({
  name: 'photos_under_way',
  expression:
    "create index photos_under_way on photos (created_at) where status in ('AWAITING_UPLOAD', 'PROCESSING')",
})
@Index({ name: 'photos_newest', properties: ['profileId', 'id'] })
export class Photo {
  [OptionalProps]?: 'cropRequest' | 'status' | 'alt' | 'stored' | 'createdAt' | undefined;

  /** UUIDv7, ordered by time: a later upload has a larger ID. Never reused. */
  @Field(() => ID, {
    description: 'UUID, never reused. IDs of later photos are larger.',
  })
  @PrimaryKey({ type: 'uuid' })
  id: string = uuid();

  @ManyToOne(() => Profile, {
    mapToPk: true,
    joinColumn: 'profile_id',
    deleteRule: 'cascade',
    index: false,
  })
  profileId!: string;

  @Field(() => PhotoStatus, { description: 'Processing state.' })
  @Enum({ items: () => Object.keys(PhotoStatus), type: 'text' })
  status: PhotoStatus = 'PROCESSING';

  @Property({ type: 'text', nullable: true })
  failureCode: ErrorCode | null = null;

  @Property({ type: 'text', nullable: true })
  failureMessage: string | null = null;

  @Field(() => String, { description: 'Alternative text for people who cannot see the photo.' })
  @Property({ type: 'text' })
  alt: string = '';

  @Field(() => Int, {
    nullable: true,
    description: 'Width of the master, px; null until READY.',
  })
  @Property({ type: 'integer', nullable: true })
  width: number | null = null;

  @Field(() => Int, {
    nullable: true,
    description: 'Height of the master, px; null until READY.',
  })
  @Property({ type: 'integer', nullable: true })
  height: number | null = null;

  /** The requested crop, as `formatCrop` returns it. */
  @Property({ type: 'text' })
  cropRequest: string = 'attention';

  /** Direct uploads only: the type that the presigned POST accepts. */
  @Property({ type: 'text', nullable: true })
  contentType: string | null = null;

  /** Direct uploads only: expiry of the presigned POST. */
  @Property({ type: 'datetime', length: 3, nullable: true })
  expiresAt: Date | null = null;

  /** Direct uploads only: the write of its object that is being, or was, processed. */
  @Property({ type: 'text', nullable: true })
  claim: string | null = null;

  @Property({ type: 'json' })
  stored: Variant[] = [];

  /** ThumbHash, base64 */
  @Property({ type: 'text', nullable: true })
  thumbHash: string | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'Dominant color as `#rrggbb`, to show while the photo loads; null until READY.',
  })
  @Property({ type: 'text', nullable: true })
  dominantColor: string | null = null;

  @Field(() => Crop, {
    nullable: true,
    description:
      'The square that was cropped, in fractions of the upright photo; null until READY.',
  })
  @Property({ type: 'json', nullable: true })
  crop: CropRow | null = null;

  @Field(() => Date, { description: 'Time at which the upload was started or requested.' })
  @Property({ type: 'datetime', length: 3 })
  createdAt: Date = new Date();

  @Field(() => Date, { nullable: true, description: 'Time at which the photo became READY.' })
  @Property({ type: 'datetime', length: 3, nullable: true })
  readyAt: Date | null = null;
}
