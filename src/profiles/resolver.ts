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
import { changesOf } from '../database/omit-nullish.ts';
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
  description: 'What a user shows of themselves. What is absent or null stays as it is.',
})
export class ProfileInput {
  @Field(() => String, {
    nullable: true,
    description: 'The name that is shown, at most 100 characters.',
  })
  @IsOptional()
  @MaxLength(100)
  displayName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A few words about themselves, at most 1,000 characters.',
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
    description: 'Pixels a side, as the device counts them: twice those of CSS on a dense display.',
  })
  size?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: 'WEBP',
    description: 'Another is answered for one that is not produced.',
  })
  format?: ImageFormat | null;
}

@Resolver(() => Profile)
export class ProfileResolver {
  @Query(() => Profile, {
    nullable: true,
    description: 'One profile, for signed-in users; null when there is none.',
  })
  profile(
    @Arg('id', () => ID, { description: 'Id of the profile, not of its user.' }) id: string,
    @Ctx() { load }: Context,
  ) {
    return load.profile.load(id);
  }

  @Mutation(() => Profile, {
    description: 'For a user whose profile was deleted; otherwise it is there with the user.',
  })
  async createProfile(
    @Arg('userId', () => ID, { description: 'Whose it will be: the viewer; for admins anybody.' })
    userId: string,
    @Arg('input', () => ProfileInput, { nullable: true, description: 'Empty when absent.' })
    input: ProfileInput | null,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) =>
      tx.create(Profile, { userId, ...changesOf(input ?? {}) }),
    );
  }

  @Mutation(() => Profile, {
    description: "Changes the texts of the viewer's own profile; admins may change any.",
  })
  async updateProfile(
    @Arg('id', () => ID, { description: 'Id of the profile.' }) id: string,
    @Arg('input', () => ProfileInput, { description: 'What is to change.' }) input: ProfileInput,
    @Ctx() { em }: Context,
  ) {
    return em.transactional(async (tx) => tx.assign(await lockProfile(tx, id), changesOf(input)));
  }

  @Mutation(() => ID, {
    description:
      'Removes the profile and every stored byte of its photos; the user stays. Answers the id.',
  })
  async deleteProfile(
    @Arg('id', () => ID, { description: 'Id of the profile.' }) id: string,
    @Ctx() { em }: Context,
  ) {
    await em.transactional(async (tx) => {
      await lockProfile(tx, id);
      await erasePhotos(tx, { profileId: id });
      await tx.nativeDelete(Profile, { id });
    });
    return id;
  }

  @FieldResolver(() => User, { description: 'Whose profile it is.' })
  user(@Root() { userId }: ProfileRow, @Ctx() { load }: Context) {
    return load.user.load(userId);
  }

  @FieldResolver(() => Photo, {
    nullable: true,
    description: 'The current photo, always READY; null when there is none.',
  })
  photo(@Root() { id, photoId }: ProfileRow, @Ctx() { load }: Context) {
    return photoId && load.photoOfProfile.load(id);
  }

  @FieldResolver(() => Photo, {
    nullable: true,
    description: 'The newest upload in any state. Null unless the viewer is the owner or an admin.',
  })
  latestUpload(@Root() { id, userId }: ProfileRow, @Ctx() { load, viewer }: Context) {
    return isOwnerOrAdmin(viewer, userId) ? load.latestUploadOfProfile.load(id) : null;
  }

  @FieldResolver(() => String, {
    description:
      'Never null: the photo, else initials drawn by the service itself (a data: URL, no third party asked).',
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
