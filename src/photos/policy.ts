import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { CONTENT_TYPES, LIMITS } from '../../lambda/contract.ts';
import type { Context } from '../context.ts';
import { ImageFormat } from './photo.ts';

@ObjectType({
  simpleResolvers: true,
  description: 'What an upload may be, so that a client can say no before it sends anything.',
})
export class UploadPolicy {
  @Field(() => Int) maxBytes!: number;
  @Field(() => Int, { description: 'Width times height.' }) maxPixels!: number;
  @Field(() => Int, { description: 'Pixels of the shorter side.' }) minSide!: number;
  @Field(() => [String]) contentTypes!: string[];
  @Field(() => [Int], { description: 'Sides of the square variants, pixels.' }) sizes!: number[];
  @Field(() => [ImageFormat]) formats!: string[];
}

@Resolver()
export class UploadPolicyResolver {
  @Query(() => UploadPolicy)
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
