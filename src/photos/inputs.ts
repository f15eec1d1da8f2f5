import { IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import GraphQLUpload from 'graphql-upload/GraphQLUpload.mjs';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { ArgsType, Field, Float, ID, InputType, Int } from 'type-graphql';
import { type CropSpec, formatCrop, parseCrop } from '../../contract/crop.ts';
import { PublicError } from '../errors.ts';
import { CropStrategy, ImageFormat } from './photo.ts';

@InputType({ description: 'A new photo, in exactly one of three ways.' })
export class PhotoInput {
  @Field(() => GraphQLUpload, {
    nullable: true,
    description:
      'A file, sent after the GraphQL multipart request specification (with a header such as `apollo-require-preflight`).',
  })
  file?: Promise<FileUpload> | null;

  @Field(() => String, {
    nullable: true,
    description: 'The bytes as base64, plain or as a data: URL.',
  })
  base64?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A public http(s) link; the service fetches it.',
  })
  url?: string | null;
}

@InputType({ description: 'A point of the upright photo, in fractions (0 to 1) of its sides.' })
export class PointInput {
  @Field(() => Float, { description: 'From the left.' }) @Min(0) @Max(1) x!: number;
  @Field(() => Float, { description: 'From above.' }) @Min(0) @Max(1) y!: number;
}

@InputType({
  description:
    'A part of the upright photo, in fractions (0 to 1) of its sides; it must lie inside.',
})
export class RectangleInput {
  @Field(() => Float, { description: 'Left edge.' }) @Min(0) @Max(1) x!: number;
  @Field(() => Float, { description: 'Upper edge.' }) @Min(0) @Max(1) y!: number;
  @Field(() => Float, { description: 'More than 0.' }) @Min(0) @Max(1) width!: number;
  @Field(() => Float, { description: 'More than 0.' }) @Min(0) @Max(1) height!: number;
}

@InputType({
  description:
    'Fractions (0 to 1) of the upright photo. A rectangle wins over a focal point; with neither, the strategy decides.',
})
export class CropInput {
  @Field(() => CropStrategy, {
    nullable: true,
    defaultValue: 'ATTENTION',
    description: 'Heeded without rectangle and focal point; RECTANGLE and FOCAL_POINT need theirs.',
  })
  strategy?: CropStrategy | null;

  @Field(() => RectangleInput, {
    nullable: true,
    description: 'What to keep, as the user framed it.',
  })
  @IsOptional()
  @ValidateNested()
  rectangle?: RectangleInput | null;

  @Field(() => PointInput, { nullable: true, description: 'What to keep in view.' })
  @IsOptional()
  @ValidateNested()
  focalPoint?: PointInput | null;
}

/** Which of the stored pictures a client wants. */
@ArgsType()
export class PictureArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Pixels a side, as the device counts them; null for the master.',
  })
  size?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: 'WEBP',
    description: 'One of uploadPolicy.formats.',
  })
  format?: ImageFormat | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'The blurred twin instead.',
  })
  blurred?: boolean | null;
}

/** Said of the argument `profileId`, wherever it is. */
export const OWN_PROFILE = "The viewer's own when absent; admins may name any.";

/** What every new photo may be told. */
@ArgsType()
class NewPhotoArgs {
  @Field(() => ID, { nullable: true, description: OWN_PROFILE })
  profileId?: string | null;

  @Field(() => CropInput, {
    nullable: true,
    description: 'What to cut; where people look first when absent.',
  })
  @IsOptional()
  @ValidateNested()
  crop?: CropInput | null;

  @Field(() => String, { nullable: true, description: 'Alternative text, at most 500 characters.' })
  @IsOptional()
  @MaxLength(500)
  alt?: string | null;
}

@ArgsType()
export class UploadArgs extends NewPhotoArgs {
  @Field(() => PhotoInput, { description: 'The photo.' })
  photo!: PhotoInput;
}

@ArgsType()
export class RequestArgs extends NewPhotoArgs {
  @Field(() => String, {
    description: 'One of uploadPolicy.contentTypes; the form takes no other.',
  })
  @MaxLength(100)
  contentType!: string;
}

@ArgsType()
export class CropArgs {
  @Field(() => ID, { nullable: true, description: OWN_PROFILE })
  profileId?: string | null;

  @Field(() => CropInput, { description: 'What to cut.' })
  @ValidateNested()
  crop!: CropInput;

  @Field(() => String, {
    nullable: true,
    description: 'Alternative text, at most 500 characters; stays as it is when absent.',
  })
  @IsOptional()
  @MaxLength(500)
  alt?: string | null;
}

/**
 * The one wish a crop input comes down to.
 *
 * @throws PublicError BAD_USER_INPUT for a strategy without its numbers, or a rectangle that leaves the photo
 */
export function cropWish(input: CropInput | null | undefined): CropSpec {
  const { strategy, rectangle, focalPoint } = input ?? {};
  if (rectangle) {
    const wish: CropSpec = { ...rectangle, strategy: 'RECTANGLE' };
    if (parseCrop(formatCrop(wish))) return wish;
    throw badCrop('crop.rectangle', 'The rectangle must have an area and lie inside the photo.');
  }
  if (focalPoint) return { ...focalPoint, strategy: 'FOCAL_POINT' };
  if (strategy === 'RECTANGLE') throw badCrop('crop.rectangle', 'Give the rectangle to cut.');
  if (strategy === 'FOCAL_POINT')
    throw badCrop('crop.focalPoint', 'Give the point to keep in view.');
  return { strategy: strategy ?? 'ATTENTION' };
}

const badCrop = (path: string, message: string) =>
  new PublicError('BAD_USER_INPUT', message, { fields: [{ path, message }] });
