import { createHash } from 'node:crypto';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/**
 * The record of a deleted user of an identity provider: without it, their next request with the old token would
 * recreate the account.
 */
@Entity({ tableName: 'erased_subjects' })
export class DeletedIdentity {
  /** SHA-256 of issuer and subject, hex: recognizes the user without storing who it was. Older rows: of the subject only. */
  @PrimaryKey({ type: 'text' })
  hash!: string;

  /** Only a token issued later, by a new sign-in, creates a new account. */
  @Property({ type: 'datetime', length: 3 })
  erasedAt: Date = new Date();
}

/** SHA-256 (hex) of a deleted user's `iss` and `sub`, or of `sub` only if the issuer is unknown. */
export const hashSubject = (subject: string, issuer: string | null) =>
  createHash('sha256')
    .update(issuer === null ? subject : JSON.stringify([issuer, subject]))
    .digest('hex');
