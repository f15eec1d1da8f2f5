import type { User } from '../users/user.ts';

/** The authenticated caller. Read from the database on every request, so that a revoked role takes effect immediately. */
export interface Viewer extends Pick<User, 'id' | 'role'> {
  /** Issuer and subject at the outside identity provider; absent with passwords. */
  subject?: { iss: string; sub: string };
}

/** Whether the viewer may read and change what belongs to this user. */
export const isOwnerOrAdmin = (viewer: Viewer | undefined, userId: string) =>
  viewer !== undefined && (viewer.id === userId || viewer.role === 'ADMIN');
