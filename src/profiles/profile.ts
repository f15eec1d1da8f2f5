import { Entity, OneToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { OptionalProps } from '@mikro-orm/postgresql';
import { Field, ID, ObjectType } from 'type-graphql';
import { v7 as uuid } from 'uuid';
import { User } from '../users/user.ts';

/** The public part of a user. */
@ObjectType({ simpleResolvers: true, description: 'Public profile of a user.' })
@Entity({ tableName: 'profiles' })
export class Profile {
  [OptionalProps]?: 'displayName' | 'bio' | undefined;

  @Field(() => ID, { description: 'UUID, different from the ID of the user.' })
  @PrimaryKey({ type: 'uuid' })
  id: string = uuid();

  @OneToOne(() => User, {
    mapToPk: true,
    joinColumn: 'user_id',
    deleteRule: 'cascade',
    owner: true,
  })
  userId!: string;

  @Field(() => String, { description: 'Name to display; may be empty.' })
  @Property({ type: 'text' })
  displayName: string = '';

  @Field(() => String, { description: 'Plain text about the user; may be empty.' })
  @Property({ type: 'text' })
  bio: string = '';

  /** The current photo, always READY. */
  @OneToOne({
    // By name, because photo.ts imports this file.
    type: 'Photo',
    mapToPk: true,
    joinColumn: 'photo_id',
    deleteRule: 'set null',
    nullable: true,
    owner: true,
  })
  photoId: string | null = null;
}
