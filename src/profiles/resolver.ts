import { IsOptional, MaxLength } from 'class-validator';
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { isOwnerOrAdmin } from '../auth/viewer.ts';
import { omitNullish } from '../database/omit-nullish.ts';
import type { Context } from '../graphql/context.ts';
import { erasePhotos } from '../photos/jobs/erase.ts';
import { ImageFormat, Photo } from '../photos/photo.ts';
import { photoUrl } from '../photos/urls.ts';
import { User } from '../users/user.ts';
import { drawInitials } from './initials.ts';
import { lockProfile } from './lock.ts';
import { Profile } from './profile.ts';
import type { ProfileRow } from './repository.ts';

@InputType({
  description: 'Texts of a profile. Absent and null fields are not changed.',
})
export class ProfileInput {
  @Field(() => String, {
    nullable: true,
    description: 'Name to display, at most 100 characters.',
  })
  @IsOptional()
  @MaxLength(100)
  displayName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Plain text about the user, at most 1,000 characters.',
  })
  @IsOptional()
  @MaxLength(1_000)
  bio?: string | null;
}

@ArgsType()
class AvatarArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 100,
    description: 'Side in device pixels: twice the CSS pixels on a 2x display.',
  })
  size?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: 'WEBP',
    description: 'Preferred format; another one is used if it is not in `uploadPolicy.formats`.',
  })
  format?: ImageFormat | null;
}

@Resolver(() => Profile)
export class ProfileResolver {
  @Query(() => Profile, {
    nullable: true,
    description:
      'Looks up a profile by ID. Requires a signed-in viewer; null if it does not exist.',
  })
  profile(
    @Arg('id', () => ID, { description: 'ID of the profile, not of its user.' }) id: string,
    @Ctx() { load }: Context,
  ) {
    return load.profile.load(id);
  }

  @Mutation(() => Profile, {
    description:
      'Creates a profile for a user whose profile was deleted. Otherwise it is created with the user.',
  })
  async createProfile(
    @Arg('userId', () => ID, { description: 'ID of the user: the viewer, or any user for admins.' })
    userId: string,
    @Arg('input', () => ProfileInput, {
      nullable: true,
      description: 'Texts of the profile; empty by default.',
    })
    input: ProfileInput | null,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) =>
      tx.create(Profile, { userId, ...omitNullish(input ?? {}) }),
    );
  }

  @Mutation(() => Profile, {
    description: "Updates the viewer's own profile. Admins can update any profile.",
  })
  async updateProfile(
    @Arg('id', () => ID, { description: 'ID of the profile.' }) id: string,
    @Arg('input', () => ProfileInput, { description: 'Fields to change.' }) input: ProfileInput,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) => tx.assign(await lockProfile(tx, id), omitNullish(input)));
  }

  @Mutation(() => ID, {
    description:
      'Deletes the profile and all files of its photos, but not the user. Returns the ID of the profile.',
  })
  async deleteProfile(
    @Arg('id', () => ID, { description: 'ID of the profile.' }) id: string,
    @Ctx() { em }: Context,
  ) {
    await em.transactional(async (tx) => {
      await lockProfile(tx, id);
      await erasePhotos(tx, { profileId: id });
      await tx.nativeDelete(Profile, { id });
    });
    return id;
  }

  @FieldResolver(() => User, { description: 'User that the profile belongs to.' })
  user(@Root() { userId }: ProfileRow, @Ctx() { load }: Context) {
    return load.user.load(userId);
  }

  @FieldResolver(() => Photo, {
    nullable: true,
    description: 'Current photo, always READY; null if there is none.',
  })
  photo(@Root() { id, photoId }: ProfileRow, @Ctx() { load }: Context) {
    return photoId && load.photoOfProfile.load(id);
  }

  @FieldResolver(() => Photo, {
    nullable: true,
    description: 'Newest upload in any state. Null unless the viewer is the owner or an admin.',
  })
  latestUpload(@Root() { id, userId }: ProfileRow, @Ctx() { load, viewer }: Context) {
    return isOwnerOrAdmin(viewer, userId) ? load.latestUploadOfProfile.load(id) : null;
  }

  @FieldResolver(() => String, {
    description:
      "URL of the photo or, without one, an image of the user's initials (a `data:` URL, without third parties). Never null.",
  })
  async avatarUrl(
    @Root() profile: ProfileRow,
    @Args(() => AvatarArgs, { validate: false }) { size, format }: AvatarArgs,
    @Ctx() { load, config }: Context,
  ) {
    const photo = profile.photoId ? await load.photoOfProfile.load(profile.id) : undefined;
    const url =
      photo && (photoUrl(photo, config, { size, format }) ?? photoUrl(photo, config, { size }));
    return url ?? drawInitials(profile, await load.user.load(profile.userId));
  }
}
