import { Link } from 'wouter';
import { Avatar, nameOf } from '../components/avatar.tsx';
import type { UserCardFragment } from '../generated/graphql.ts';

export const UserCard = ({ user }: { user: UserCardFragment }) => (
  <li>
    <Link href={`/people/${user.username}`} className="user-card">
      <Avatar user={user} size={112} />
      <span className="name">{nameOf(user)}</span>
      <span className="username">@{user.username}</span>
      {user.role === 'ADMIN' && <span className="badge">Admin</span>}
    </Link>
  </li>
);

/** Placeholder cards of the same size, so that nothing moves when the list has loaded. */
export const Placeholders = () =>
  Array.from({ length: 12 }, (_, at) => (
    <li key={at} className="user-card placeholder" aria-hidden="true">
      <span className="avatar" style={{ width: 112, height: 112 }} />
      <span className="name">&nbsp;</span>
      <span className="username">&nbsp;</span>
    </li>
  ));
