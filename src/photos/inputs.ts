import { IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import GraphQLUpload from 'graphql-upload/GraphQLUpload.mjs';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { ArgsType, Field, Float, ID, InputType, Int } from 'type-graphql';
import { type CropWish, formatCrop, parseCrop } from '../../lambda/contract.ts';
import { PublicError } from '../errors.ts';
import { CropStrategy, ImageFormat } from './photo.ts';

@InputType({ description: 'Exactly one of the three.' })
export class PhotoInput {
  @Field(() => GraphQLUpload, {
    nullable: true,
    description: 'A file, sent after the GraphQL multipart request specification.',
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

@InputType()
export class PointInput {
  @Field(() => Float) @Min(0) @Max(1) x!: number;
  @Field(() => Float) @Min(0) @Max(1) y!: number;
}

@InputType()
export class RectangleInput {
  @Field(() => Float) @Min(0) @Max(1) x!: number;
  @Field(() => Float) @Min(0) @Max(1) y!: number;
  @Field(() => Float) @Min(0) @Max(1) width!: number;
  @Field(() => Float) @Min(0) @Max(1) height!: number;
}

@InputType({
  description:
    'Fractions (0 to 1) of the upright photo. A rectangle wins over a focal point; with neither, the strategy decides.',
})
export class CropInput {
  @Field(() => CropStrategy, { nullable: true, defaultValue: 'ATTENTION' })
  strategy?: CropStrategy | null;

  @Field(() => RectangleInput, { nullable: true })
  @IsOptional()
  @ValidateNested()
  rectangle?: RectangleInput | null;

  @Field(() => PointInput, { nullable: true })
  @IsOptional()
  @ValidateNested()
  focalPoint?: PointInput | null;
}

/** Which of the stored pictures a client wants. */
@ArgsType()
export class PictureArgs {
  @Field(() => Int, { nullable: true, description: 'Pixels a side; null for the master.' })
  size?: number | null;

  @Field(() => ImageFormat, { nullable: true, defaultValue: 'WEBP' })
  format?: ImageFormat | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false })
  blurred?: boolean | null;
}

/** What every new photo may be told. */
@ArgsType()
class NewPhotoArgs {
  @Field(() => ID, { nullable: true, description: "The viewer's own when absent." })
  profileId?: string | null;

  @Field(() => CropInput, { nullable: true })
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
  @Field(() => PhotoInput)
  photo!: PhotoInput;
}

@ArgsType()
export class RequestArgs extends NewPhotoArgs {
  @Field(() => String, { description: 'One of uploadPolicy.contentTypes.' })
  @MaxLength(100)
  contentType!: string;
}

@ArgsType()
export class CropArgs {
  @Field(() => ID, { nullable: true, description: "The viewer's own when absent." })
  profileId?: string | null;

  @Field(() => CropInput)
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
export function cropWish(input: CropInput | null | undefined): CropWish {
  const { strategy, rectangle, focalPoint } = input ?? {};
  if (rectangle) {
    const wish: CropWish = { ...rectangle, strategy: 'RECTANGLE' };
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
