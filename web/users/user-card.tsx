import { Link } from 'wouter';
import { Avatar, nameOf } from '../components/avatar.tsx';
import type { UserCardFragment } from '../generated/graphql.ts';

export const UserCard = ({ person }: { person: UserCardFragment }) => (
  <li>
    <Link href={`/people/${person.username}`} className="person-card">
      <Avatar person={person} size={112} />
      <span className="name">{nameOf(person)}</span>
      <span className="username">@{person.username}</span>
      {person.role === 'ADMIN' && <span className="badge">Admin</span>}
    </Link>
  </li>
);

/** The shape of what is coming, in the same size: nothing moves when it has come. */
export const Placeholders = () =>
  Array.from({ length: 12 }, (_, at) => (
    <li key={at} className="person-card placeholder" aria-hidden="true">
      <span className="avatar" style={{ width: 112, height: 112 }} />
      <span className="name">&nbsp;</span>
      <span className="username">&nbsp;</span>
    </li>
  ));
