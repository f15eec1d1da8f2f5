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
  description: 'Where an upload stands. READY, FAILED and EXPIRED are final.',
  valuesConfig: {
    AWAITING_UPLOAD: {
      description: 'The form of requestPhotoUpload was given out; no file has come.',
    },
    PROCESSING: { description: 'The file is there, and is being cut.' },
    READY: { description: 'Every picture is stored; url and srcSet answer.' },
    FAILED: { description: 'Nothing came of it; `failure` says why.' },
    EXPIRED: { description: 'No file came while the form was good.' },
  },
});

/** States that nothing leads out of. */
export const FINAL: PhotoStatus[] = ['READY', 'FAILED', 'EXPIRED'];

export const ImageFormat = { AVIF: 'AVIF', WEBP: 'WEBP', JPEG: 'JPEG' } as const;
export type ImageFormat = keyof typeof ImageFormat;
registerEnumType(ImageFormat, {
  name: 'ImageFormat',
  description: 'File format of a picture.',
  valuesConfig: {
    AVIF: { description: 'Smallest; not every old browser shows it.' },
    WEBP: { description: 'What every browser of today shows.' },
    JPEG: { description: 'For what is no browser, such as mail.' },
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
  description: 'How the square is chosen: ATTENTION looks for faces and detail.',
  valuesConfig: {
    RECTANGLE: { description: 'The largest square in the middle of a given rectangle.' },
    FOCAL_POINT: {
      description: 'The largest square that has a given point as near its middle as can be.',
    },
    ATTENTION: { description: 'The largest square where people look first: skin, colour, detail.' },
    CENTRE: { description: 'The largest square in the middle.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'A rectangle in fractions (0 to 1) of the upright photo.',
})
class Crop {
  @Field(() => CropStrategy, { description: 'How it was chosen.' }) strategy!: CropStrategy;
  @Field(() => Float, { description: 'Left edge, as a share of the width.' }) x!: number;
  @Field(() => Float, { description: 'Upper edge, as a share of the height.' }) y!: number;
  @Field(() => Float, { description: 'Share of the width.' }) width!: number;
  @Field(() => Float, { description: 'Share of the height.' }) height!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Why an upload failed.' })
export class PhotoFailure {
  @Field(() => String, {
    description: 'One of the permanent error codes, as errors have them in extensions.code.',
  })
  code!: ErrorCode;
  @Field(() => String, { description: 'What happened and what to do: a sentence for the user.' })
  message!: string;
  @Field(() => Boolean, { description: 'Whether the same photo may work when sent again.' })
  retryable!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'One stored picture of a photo.' })
export class PhotoVariant {
  @Field(() => String, {
    description: '`master`, or the side in pixels; blurred twins end in `-blurred`.',
  })
  name!: string;
  @Field(() => Int, { description: 'Width, pixels.' }) width!: number;
  @Field(() => Int, { description: 'Height, pixels.' }) height!: number;
  @Field(() => ImageFormat, { description: 'Its file format.' }) format!: ImageFormat;
  @Field(() => Int, { description: 'Size of the file, bytes.' }) bytes!: number;
  @Field(() => Boolean, { description: 'Whether it is the blurred twin of another.' })
  blurred!: boolean;
  @Field(() => String, { description: 'Where it is served; never with another picture.' })
  url!: string;
}

/** One upload and what became of it. Its row exists before any of its objects does. */
@ObjectType({ simpleResolvers: true, description: 'One upload and what became of it.' })
@Entity({ tableName: 'photos' })
@Index({
  name: 'photos_under_way',
  expression:
    "create index photos_under_way on photos (created_at) where status in ('AWAITING_UPLOAD', 'PROCESSING')",
})
@Index({ name: 'photos_newest', properties: ['profileId', 'id'] })
export class Photo {
  [OptionalProps]?: 'wish' | 'status' | 'alt' | 'stored' | 'createdAt' | undefined;

  /** Version 7: in order of time, so that a later upload has the larger id. Never used twice. */
  @Field(() => ID, {
    description: 'UUID, never used for another photo; a later photo has the larger one.',
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

  @Field(() => PhotoStatus, { description: 'Where the upload stands.' })
  @Enum({ items: () => Object.keys(PhotoStatus), type: 'text' })
  status: PhotoStatus = 'PROCESSING';

  @Property({ type: 'text', nullable: true })
  failureCode: ErrorCode | null = null;

  @Property({ type: 'text', nullable: true })
  failureMessage: string | null = null;

  @Field(() => String, { description: 'Alternative text for people who cannot see it.' })
  @Property({ type: 'text' })
  alt: string = '';

  @Field(() => Int, {
    nullable: true,
    description: 'Width of the clean master, pixels; null until READY.',
  })
  @Property({ type: 'integer', nullable: true })
  width: number | null = null;

  @Field(() => Int, {
    nullable: true,
    description: 'Height of the clean master, pixels; null until READY.',
  })
  @Property({ type: 'integer', nullable: true })
  height: number | null = null;

  /** What to cut, as `formatCrop` writes it. */
  @Property({ type: 'text' })
  wish: string = 'attention';

  /** Only of a direct upload: what its form allows. */
  @Property({ type: 'text', nullable: true })
  contentType: string | null = null;

  /** Only of a direct upload: until when its form is good. */
  @Property({ type: 'datetime', length: 3, nullable: true })
  expiresAt: Date | null = null;

  /** Only of a direct upload: the write of its object that is, or was, processed. */
  @Property({ type: 'text', nullable: true })
  claim: string | null = null;

  @Property({ type: 'json' })
  stored: Variant[] = [];

  /** ThumbHash, base64 */
  @Property({ type: 'text', nullable: true })
  thumbHash: string | null = null;

  @Field(() => String, {
    nullable: true,
    description: 'Its main colour as #rrggbb, to paint before it arrives; null until READY.',
  })
  @Property({ type: 'text', nullable: true })
  dominantColor: string | null = null;

  @Field(() => Crop, {
    nullable: true,
    description:
      'The rectangle that was really cut, as fractions of the upright source; null until READY.',
  })
  @Property({ type: 'json', nullable: true })
  crop: CropRow | null = null;

  @Field(() => Date, { description: 'When the upload was begun or its form was asked for.' })
  @Property({ type: 'datetime', length: 3 })
  createdAt: Date = new Date();

  @Field(() => Date, { nullable: true, description: 'When it became READY.' })
  @Property({ type: 'datetime', length: 3, nullable: true })
  readyAt: Date | null = null;
}
