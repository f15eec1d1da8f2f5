import { createHash } from 'node:crypto';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/**
 * What stays of a deleted user of an outside identity provider: without it, their next request
 * with the old token would quietly make the account again.
 */
@Entity({ tableName: 'erased_subjects' })
export class ErasedSubject {
  /** SHA-256 of the subject, hex: enough to recognise it, not to know it. */
  @PrimaryKey({ type: 'text' })
  hash!: string;

  /** Only a token issued later, by a new sign-in, makes a new account. */
  @Property({ type: 'datetime', length: 3 })
  erasedAt: Date = new Date();
}

/** SHA-256, hex: what is kept of a `sub` whose person was deleted. */
export const hashSubject = (subject: string) => createHash('sha256').update(subject).digest('hex');
