import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { isOwnerOrAdmin } from '../auth/viewer.ts';
import { isRetryable } from '../errors.ts';
import type { Context } from '../graphql/context.ts';
import { Profile } from '../profiles/profile.ts';
import { followPhoto } from './events/subscribe.ts';
import { VariantArgs } from './inputs.ts';
import { ImageFormat, Photo, PhotoFailure, PhotoVariant } from './photo.ts';
import { type PhotoRow, readOwnedPhoto } from './repository.ts';
import { photoUrl, squareVariants, variantUrl } from './urls.ts';

@Resolver(() => Photo)
export class PhotoResolver {
  @Query(() => Photo, {
    nullable: true,
    description:
      'Looks up a photo by ID. Returns the current photo of any profile, and any upload to its owner and admins; otherwise null.',
  })
  async photo(
    @Arg('id', () => ID, { description: 'ID of the photo.' }) id: string,
    @Ctx() { pool, viewer }: Context,
  ) {
    const photo = await readOwnedPhoto(pool, id);
    const isShown = photo && (photo.isCurrent || isOwnerOrAdmin(viewer, photo.ownerId));
    return isShown ? photo : null;
  }

  @Subscription(() => Photo, {
    name: 'photo',
    description:
      'Reports the current state of a photo, then every change until it is READY, FAILED or EXPIRED.',
    subscribe: ({ args, context }: { args: { id: string }; context: Context }) =>
      followPhoto(context.photoEvents, context.pool, args.id),
  })
  photoChanged(
    @Root() photo: PhotoRow,
    @Arg('id', () => ID, {
      description: "ID of one of the viewer's own uploads; any upload for admins.",
    })
    _id: string,
  ) {
    return photo;
  }

  @FieldResolver(() => PhotoFailure, {
    nullable: true,
    description: 'Reason for FAILED; null in every other state.',
  })
  failure(
    @Root() { id, failureCode: code, failureMessage: message }: PhotoRow,
  ): PhotoFailure | null {
    if (code === null) return null;
    if (message === null) throw new Error(`Photo ${id} has a failure code without a message.`);
    return { code, message, retryable: isRetryable(code) };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'URL of the smallest square variant of at least `size` px, or of the largest one; of the master if `size` is null. Null until READY, and for a format that is not in `uploadPolicy.formats`.',
  })
  url(
    @Root() photo: PhotoRow,
    @Args(() => VariantArgs, { validate: false }) selection: VariantArgs,
    @Ctx() { config }: Context,
  ) {
    return photoUrl(photo, config, selection);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Value for an HTML `srcset` attribute with all square variants; null until READY, and for a format that is not in `uploadPolicy.formats`.',
  })
  srcSet(
    @Root() photo: PhotoRow,
    @Arg('format', () => ImageFormat, {
      nullable: true,
      defaultValue: 'WEBP',
      description: 'One of `uploadPolicy.formats`.',
    })
    format: ImageFormat | null,
    @Ctx() { config }: Context,
  ) {
    const chosen = (format ?? 'WEBP').toLowerCase();
    const squares = squareVariants(photo, { blurred: false }).filter(
      (square) => square.format === chosen,
    );
    return (
      squares
        .map((square) => `${variantUrl(photo.id, square, config)} ${square.width}w`)
        .join(', ') || null
    );
  }

  @FieldResolver(() => [PhotoVariant], {
    description: 'All stored variants, including the master; empty until READY.',
  })
  variants(@Root() photo: PhotoRow, @Ctx() { config }: Context) {
    return photo.stored.map((variant) => ({
      ...variant,
      format: variant.format.toUpperCase(),
      url: variantUrl(photo.id, variant, config),
    }));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'ThumbHash in a `data:` URL of a few dozen bytes, a placeholder while the photo loads; null until READY. Decode it with the `thumbhash` library: browsers do not display it.',
  })
  placeholder(@Root() { thumbHash }: PhotoRow) {
    return thumbHash && `data:image/thumbhash;base64,${thumbHash}`;
  }

  @FieldResolver(() => Profile, { description: 'Profile that the photo belongs to.' })
  profile(@Root() { profileId }: PhotoRow, @Ctx() { load }: Context) {
    return load.profile.load(profileId);
  }
}
