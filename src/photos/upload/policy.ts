import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { CONTENT_TYPES } from '../../../contract/image.ts';
import { LIMITS } from '../../../contract/limits.ts';
import type { Context } from '../../graphql/context.ts';
import { ImageFormat } from '../photo.ts';

@ObjectType({
  simpleResolvers: true,
  description: 'What an upload may be, so that a client can say no before it sends anything.',
})
export class UploadPolicy {
  @Field(() => Int, { description: 'Largest file, bytes.' }) maxBytes!: number;
  @Field(() => Int, { description: 'Most pixels: width times height.' }) maxPixels!: number;
  @Field(() => Int, { description: 'Fewest pixels of the shorter side.' }) minSide!: number;
  @Field(() => [String], {
    description: 'What a photo may be, such as `image/jpeg`. Its bytes decide.',
  })
  contentTypes!: string[];
  @Field(() => [Int], { description: 'Sides of the square variants, pixels, smallest first.' })
  sizes!: number[];
  @Field(() => [ImageFormat], { description: 'Formats that every picture is made in.' })
  formats!: string[];
}

@Resolver()
export class UploadPolicyResolver {
  @Query(() => UploadPolicy, {
    description: 'What an upload may be. The same for everybody; ask once.',
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
