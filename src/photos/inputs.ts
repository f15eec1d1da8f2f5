import { IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import GraphQLUpload from 'graphql-upload/GraphQLUpload.mjs';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { ArgsType, Field, Float, ID, InputType, Int } from 'type-graphql';
import { type CropSpec, formatCrop, parseCrop } from '../../contract/crop.ts';
import { PublicError } from '../errors.ts';
import { CropStrategy, ImageFormat } from './photo.ts';

@InputType({ description: 'A new photo: exactly one of these fields.' })
export class PhotoInput {
  @Field(() => GraphQLUpload, {
    nullable: true,
    description:
      'A file, sent as a GraphQL multipart request with a header such as `apollo-require-preflight`.',
  })
  file?: Promise<FileUpload> | null;

  @Field(() => String, {
    nullable: true,
    description: 'The file in base64, plain or as a `data:` URL.',
  })
  base64?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A public http or https URL, which the service downloads.',
  })
  url?: string | null;
}

@InputType({ description: 'A point of the upright photo, in fractions (0 to 1) of its sides.' })
export class PointInput {
  @Field(() => Float, { description: 'Distance from the left edge.' }) @Min(0) @Max(1) x!: number;
  @Field(() => Float, { description: 'Distance from the top edge.' }) @Min(0) @Max(1) y!: number;
}

@InputType({
  description: 'A rectangle inside the upright photo, in fractions (0 to 1) of its sides.',
})
export class RectangleInput {
  @Field(() => Float, { description: 'Left edge.' }) @Min(0) @Max(1) x!: number;
  @Field(() => Float, { description: 'Top edge.' }) @Min(0) @Max(1) y!: number;
  @Field(() => Float, { description: 'Greater than 0.' }) @Min(0) @Max(1) width!: number;
  @Field(() => Float, { description: 'Greater than 0.' }) @Min(0) @Max(1) height!: number;
}

@InputType({
  description:
    'How to choose the square, in fractions (0 to 1) of the upright photo. `rectangle` takes precedence over `focalPoint`, and both over `strategy`.',
})
export class CropInput {
  @Field(() => CropStrategy, {
    nullable: true,
    defaultValue: 'ATTENTION',
    description:
      'Used without `rectangle` and `focalPoint`. RECTANGLE and FOCAL_POINT require their field.',
  })
  strategy?: CropStrategy | null;

  @Field(() => RectangleInput, {
    nullable: true,
    description: 'Part of the photo that the user selected.',
  })
  @IsOptional()
  @ValidateNested()
  rectangle?: RectangleInput | null;

  @Field(() => PointInput, { nullable: true, description: 'Point to keep in view.' })
  @IsOptional()
  @ValidateNested()
  focalPoint?: PointInput | null;
}

/** Selects one variant of a photo. */
@ArgsType()
export class VariantArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Side in device pixels; null for the master.',
  })
  size?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: 'WEBP',
    description: 'One of `uploadPolicy.formats`.',
  })
  format?: ImageFormat | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'Whether to return the blurred variant.',
  })
  blurred?: boolean | null;
}

/** Description of every argument `profileId`. */
export const OWN_PROFILE = "ID of the profile; the viewer's own by default. Admins can use any.";

/** Arguments of every new photo. */
@ArgsType()
class NewPhotoArgs {
  @Field(() => ID, { nullable: true, description: OWN_PROFILE })
  profileId?: string | null;

  @Field(() => CropInput, {
    nullable: true,
    description: 'How to choose the square; ATTENTION by default.',
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
    description:
      'One of `uploadPolicy.contentTypes`. The upload is rejected if it has another type.',
  })
  @MaxLength(100)
  contentType!: string;
}

@ArgsType()
export class CropArgs {
  @Field(() => ID, { nullable: true, description: OWN_PROFILE })
  profileId?: string | null;

  @Field(() => CropInput, { description: 'How to choose the square.' })
  @ValidateNested()
  crop!: CropInput;

  @Field(() => String, {
    nullable: true,
    description: 'Alternative text, at most 500 characters; unchanged by default.',
  })
  @IsOptional()
  @MaxLength(500)
  alt?: string | null;
}

/**
 * Resolves a crop input to one crop.
 *
 * @throws PublicError BAD_USER_INPUT for a strategy without its field, or a rectangle that is empty or extends beyond the photo
 */
export function toCropSpec(input: CropInput | null | undefined): CropSpec {
  const { strategy, rectangle, focalPoint } = input ?? {};
  if (rectangle) {
    const spec: CropSpec = { ...rectangle, strategy: 'RECTANGLE' };
    if (parseCrop(formatCrop(spec))) return spec;
    throw badCrop(
      'crop.rectangle',
      'The rectangle must lie inside the photo, with a width and height greater than 0.',
    );
  }
  if (focalPoint) return { ...focalPoint, strategy: 'FOCAL_POINT' };
  if (strategy === 'RECTANGLE')
    throw badCrop('crop.rectangle', 'Add `rectangle`, or choose another strategy.');
  if (strategy === 'FOCAL_POINT')
    throw badCrop('crop.focalPoint', 'Add `focalPoint`, or choose another strategy.');
  return { strategy: strategy ?? 'ATTENTION' };
}

const badCrop = (path: string, message: string) =>
  new PublicError('BAD_USER_INPUT', message, { fields: [{ path, message }] });
