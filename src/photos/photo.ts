import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { OptionalProps } from '@mikro-orm/postgresql';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { v7 as uuid } from 'uuid';
import type { Crop as CropRow, Variant } from '../../lambda/contract.ts';
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
});

/** States that nothing leads out of. */
export const FINAL: PhotoStatus[] = ['READY', 'FAILED', 'EXPIRED'];

export const ImageFormat = { AVIF: 'AVIF', WEBP: 'WEBP', JPEG: 'JPEG' } as const;
export type ImageFormat = keyof typeof ImageFormat;
registerEnumType(ImageFormat, { name: 'ImageFormat', description: 'File format of a picture.' });

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
});

@ObjectType({
  simpleResolvers: true,
  description: 'A rectangle in fractions (0 to 1) of the upright photo.',
})
class Crop {
  @Field(() => CropStrategy) strategy!: CropStrategy;
  @Field(() => Float) x!: number;
  @Field(() => Float) y!: number;
  @Field(() => Float) width!: number;
  @Field(() => Float) height!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Why an upload failed.' })
export class PhotoFailure {
  @Field(() => String, { description: 'One of the permanent error codes.' }) code!: ErrorCode;
  @Field(() => String, { description: 'What happened and what to do.' }) message!: string;
  @Field(() => Boolean, { description: 'Whether the same photo may work when sent again.' })
  retryable!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'One stored picture of a photo.' })
export class PhotoVariant {
  @Field(() => String, { description: '`master`, or the side in pixels.' }) name!: string;
  @Field(() => Int, { description: 'Pixels.' }) width!: number;
  @Field(() => Int, { description: 'Pixels.' }) height!: number;
  @Field(() => ImageFormat) format!: ImageFormat;
  @Field(() => Int, { description: 'Size of the file.' }) bytes!: number;
  @Field(() => Boolean) blurred!: boolean;
  @Field(() => String) url!: string;
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
  @Field(() => ID)
  @PrimaryKey({ type: 'uuid' })
  id: string = uuid();

  @ManyToOne(() => Profile, {
    mapToPk: true,
    joinColumn: 'profile_id',
    deleteRule: 'cascade',
    index: false,
  })
  profileId!: string;

  @Field(() => PhotoStatus)
  @Enum({ items: () => Object.keys(PhotoStatus), type: 'text' })
  status: PhotoStatus = 'PROCESSING';

  @Property({ type: 'text', nullable: true })
  failureCode: ErrorCode | null = null;

  @Property({ type: 'text', nullable: true })
  failureMessage: string | null = null;

  @Field(() => String, { description: 'Alternative text for people who cannot see it.' })
  @Property({ type: 'text' })
  alt: string = '';

  @Field(() => Int, { nullable: true, description: 'Pixels of the clean master.' })
  @Property({ type: 'integer', nullable: true })
  width: number | null = null;

  @Field(() => Int, { nullable: true, description: 'Pixels of the clean master.' })
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

  @Property({ type: 'json' })
  stored: Variant[] = [];

  /** ThumbHash, base64 */
  @Property({ type: 'text', nullable: true })
  thumbHash: string | null = null;

  @Field(() => String, { nullable: true, description: '#rrggbb' })
  @Property({ type: 'text', nullable: true })
  dominantColor: string | null = null;

  @Field(() => Crop, {
    nullable: true,
    description: 'The rectangle that was really cut, as fractions of the upright source.',
  })
  @Property({ type: 'json', nullable: true })
  crop: CropRow | null = null;

  @Field(() => Date)
  @Property({ type: 'datetime', length: 3 })
  createdAt: Date = new Date();

  @Field(() => Date, { nullable: true })
  @Property({ type: 'datetime', length: 3, nullable: true })
  readyAt: Date | null = null;
}
