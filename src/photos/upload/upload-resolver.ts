import { LockMode } from '@mikro-orm/postgresql';
import { Arg, Args, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { PublicError } from '../../errors.ts';
import { COSTS, fixedCost } from '../../graphql/complexity.ts';
import type { Context } from '../../graphql/context.ts';
import { Profile } from '../../profiles/profile.ts';
import { CropArgs, OWN_PROFILE, RequestArgs, toCropSpec, UploadArgs } from '../inputs.ts';
import { erasePhotos } from '../jobs/erase.ts';
import { PhotoUpload, requestUpload } from './direct-upload.ts';
import { openSource } from './source.ts';
import { recrop, uploadSynchronously } from './sync-upload.ts';

/** Mutations of a profile's photo; `profileId` defaults to the viewer's own. */
@Resolver()
export class PhotoUploadResolver {
  @Mutation(() => Profile, {
    description:
      'Uploads a photo, processes it, and makes it the current photo of the profile before returning.',
    complexity: fixedCost(COSTS.photo),
  })
  async uploadProfilePhoto(
    @Args(() => UploadArgs) { profileId, photo, crop, alt }: UploadArgs,
    @Ctx() context: Context,
  ) {
    const id = await resolveProfileId(profileId, context);
    const spec = toCropSpec(crop);
    const source = await openSource(photo, context.config, context.signal);
    await uploadSynchronously(context, { profileId: id, source, crop: spec, alt: alt ?? '' });
    return loadProfile(id, context);
  }

  @Mutation(() => PhotoUpload, {
    description:
      'Requests a direct upload to the bucket, for large photos and unreliable connections. Returns a presigned POST for one photo; follow its state with the query or subscription `photo`.',
    complexity: fixedCost(COSTS.photo),
  })
  async requestPhotoUpload(
    @Args(() => RequestArgs) { profileId, contentType, crop, alt }: RequestArgs,
    @Ctx() context: Context,
  ) {
    const id = await resolveProfileId(profileId, context);
    return requestUpload(context, {
      profileId: id,
      contentType,
      crop: toCropSpec(crop),
      alt: alt ?? '',
    });
  }

  @Mutation(() => Profile, {
    description:
      'Crops the current photo again, from its stored master and without another upload. The result is a new photo with new URLs.',
    complexity: fixedCost(COSTS.photo),
  })
  async cropProfilePhoto(
    @Args(() => CropArgs) { profileId, crop, alt }: CropArgs,
    @Ctx() context: Context,
  ) {
    const id = await resolveProfileId(profileId, context);
    await recrop(context, id, { crop: toCropSpec(crop), alt: alt ?? undefined });
    return loadProfile(id, context);
  }

  @Mutation(() => Profile, {
    description:
      'Deletes the photo and all of its files; initials are shown instead. Unfinished uploads are cancelled.',
  })
  async deleteProfilePhoto(
    @Arg('profileId', () => ID, { nullable: true, description: OWN_PROFILE }) profileId:
      | string
      | null,
    @Ctx() context: Context,
  ) {
    const id = await resolveProfileId(profileId, context);
    return context.em.transactional(async (tx) => {
      const profile = await tx.findOne(Profile, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (!profile) throw profileNotFound();
      profile.photoId = null;
      await tx.flush();
      await erasePhotos(tx, { profileId: id });
      return profile;
    });
  }
}

async function loadProfile(id: string, { load }: Context): Promise<Profile> {
  const profile = await load.profile.load(id);
  if (!profile) throw profileNotFound();
  return profile;
}

/** The given profile, by default the viewer's own. An authorization rule has already checked that the viewer may change it. */
async function resolveProfileId(
  profileId: string | null | undefined,
  { load, viewer }: Context,
): Promise<string> {
  const id = profileId ?? (viewer && (await load.profileOfUser.load(viewer.id))?.id);
  if (!id) throw profileNotFound();
  return id;
}

const profileNotFound = () =>
  new PublicError('NOT_FOUND', 'Profile not found. Create one with createProfile first.');
