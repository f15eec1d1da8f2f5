import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { CONTENT_TYPES } from '../../../contract/image.ts';
import { LIMITS } from '../../../contract/limits.ts';
import type { Context } from '../../graphql/context.ts';
import { ImageFormat } from '../photo.ts';

@ObjectType({
  simpleResolvers: true,
  description: 'Limits for uploads, so that clients can validate files before sending them.',
})
export class UploadPolicy {
  @Field(() => Int, { description: 'Maximum file size, bytes.' }) maxBytes!: number;
  @Field(() => Int, { description: 'Maximum width times height, px.' }) maxPixels!: number;
  @Field(() => Int, { description: 'Minimum length of the shorter side, px.' }) minSide!: number;
  @Field(() => [String], {
    description:
      'Accepted types, such as `image/jpeg`. The type is detected from the bytes of the file.',
  })
  contentTypes!: string[];
  @Field(() => [Int], { description: 'Sides of the square variants, px, ascending.' })
  sizes!: number[];
  @Field(() => [ImageFormat], { description: 'Formats of the square variants.' })
  formats!: string[];
}

@Resolver()
export class UploadPolicyResolver {
  @Query(() => UploadPolicy, {
    description: 'Limits for uploads. The same for every viewer; query it once.',
  })
  uploadPolicy(@Ctx() { config }: Context): UploadPolicy {
    return {
      maxBytes: config.maxUploadBytes,
      maxPixels: config.maxPixels,
      minSide: LIMITS.minSide,
      contentTypes: [...CONTENT_TYPES],
      sizes: config.sizes,
      formats: config.formats.map((format) => format.toUpperCase()),
    };
  }
}
