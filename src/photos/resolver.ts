import { LockMode } from '@mikro-orm/postgresql';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type Context, isOwnerOrAdmin } from '../context.ts';
import { isRetryable, PublicError } from '../errors.ts';
import { Profile } from '../profiles/profile.ts';
import { erasePhotos } from './erase.ts';
import { cropWish, PictureArgs, UploadArgs } from './inputs.ts';
import { ImageFormat, Photo, PhotoFailure, PhotoVariant } from './photo.ts';
import { FINAL } from './settle.ts';
import { openSource } from './source.ts';
import { uploadNow } from './upload.ts';
import { photoUrl, squaresOf, variantUrl } from './url.ts';

@Resolver(() => Photo)
export class PhotoResolver {
  @Query(() => Photo, {
    nullable: true,
    description: 'A photo that is shown on its profile; for the owner and admins any upload.',
  })
  async photo(@Arg('id', () => ID) id: string, @Ctx() { load, viewer }: Context) {
    const photo = await load.photo.load(id);
    const profile = photo && (await load.profile.load(photo.profileId));
    if (!profile) return null;
    return profile.photoId === id || isOwnerOrAdmin(viewer, profile.userId) ? photo : null;
  }

  @Mutation(() => Profile, {
    description:
      "Sends the photo through the image API and answers when it is READY. profileId defaults to the viewer's own.",
  })
  async uploadProfilePhoto(
    @Args(() => UploadArgs) { profileId, photo, crop, alt }: UploadArgs,
    @Ctx() context: Context,
  ) {
    const id = await ownOrGiven(profileId, context);
    const wish = cropWish(crop);
    const source = await openSource(photo, context.config, context.signal);
    await uploadNow(context, { profileId: id, source, crop: wish, alt: alt ?? '' });
    const profile = await context.load.profile.load(id);
    if (!profile) throw noProfile();
    return profile;
  }

  @Mutation(() => Profile, { description: 'Removes the photo and every stored byte of it.' })
  async deleteProfilePhoto(
    @Arg('profileId', () => ID, { nullable: true }) profileId: string | null,
    @Ctx() context: Context,
  ) {
    const id = await ownOrGiven(profileId, context);
    return context.em.transactional(async (tx) => {
      const locked = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
      const profile = await tx.findOne(Profile, { id }, locked);
      if (!profile) throw noProfile();
      profile.photoId = null;
      await tx.flush();
      await erasePhotos(tx, { profileId: id, status: FINAL });
      return profile;
    });
  }

  @FieldResolver(() => PhotoFailure, { nullable: true, description: 'Why it is FAILED.' })
  failure(@Root() { failureCode: code, failureMessage: message }: Photo): PhotoFailure | null {
    return code && { code, message: message ?? '', retryable: isRetryable(code) };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Smallest variant with at least `size` pixels a side (else the largest); the master when size is null. Null until READY, and for a format that is not produced (uploadPolicy.formats).',
  })
  url(
    @Root() photo: Photo,
    @Args(() => PictureArgs) wish: PictureArgs,
    @Ctx() { config }: Context,
  ) {
    return photoUrl(photo, config, wish);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'A ready srcset attribute of the square variants.',
  })
  srcSet(
    @Root() photo: Photo,
    @Arg('format', () => ImageFormat, { nullable: true, defaultValue: 'WEBP' })
    format: ImageFormat | null,
    @Ctx() { config }: Context,
  ) {
    const chosen = (format ?? 'WEBP').toLowerCase();
    const squares = squaresOf(photo, { blurred: false }).filter(
      (square) => square.format === chosen,
    );
    return (
      squares
        .map((square) => `${variantUrl(photo.id, square, config)} ${square.width}w`)
        .join(', ') || null
    );
  }

  @FieldResolver(() => [PhotoVariant])
  variants(@Root() photo: Photo, @Ctx() { config }: Context) {
    return photo.stored.map((variant) => ({
      ...variant,
      format: variant.format.toUpperCase(),
      url: variantUrl(photo.id, variant, config),
    }));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'ThumbHash as a data: URL, a few dozen bytes to paint before the photo arrives.',
  })
  placeholder(@Root() { thumbHash }: Photo) {
    return thumbHash && `data:image/thumbhash;base64,${thumbHash}`;
  }

  @FieldResolver(() => Profile)
  profile(@Root() { profileId }: Photo, @Ctx() { load }: Context) {
    return load.profile.load(profileId);
  }
}

/** The profile a photo is for. The rule before the resolver has made sure that the viewer may change it. */
async function ownOrGiven(
  profileId: string | null | undefined,
  { load, viewer }: Context,
): Promise<string> {
  const id = profileId ?? (viewer && (await load.profileOfUser.load(viewer.id))?.id);
  if (!id) throw noProfile();
  return id;
}

const noProfile = () =>
  new PublicError('NOT_FOUND', 'There is no such profile. Make it with createProfile first.');
