import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { failureOf } from '../api/failure.ts';
import { Avatar, nameOf } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { Waiting } from '../components/loading.tsx';
import { Missing } from '../components/not-found.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import { type UserDetailsFragment, UserDocument } from '../generated/graphql.ts';
import { mayChange, useViewer } from '../session/session.tsx';
import { DeleteUser } from './delete.tsx';
import { EditUser } from './edit.tsx';

/** One person: what everybody may see, and for themselves and admins the ways to change it. */
export function Person({ username }: { username: string }) {
  const { data, error, refetch } = useQuery(UserDocument, {
    variables: { username },
    fetchPolicy: 'cache-and-network',
  });
  if (error && !data) return <Notice failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (!data) return <Waiting label="Fetching the person" />;
  if (data.user) return <Sheet person={data.user} />;
  return (
    <Missing title="Nobody of that name">
      There is no @{username}. The account may have been renamed or deleted.
    </Missing>
  );
}

function Sheet({ person }: { person: UserDetailsFragment }) {
  const name = nameOf(person);
  useTitle(name);
  const isChangeable = mayChange(useViewer(), person.id);
  return (
    <article className="sheet">
      <Avatar person={person} size={200} alone />
      <div className="facts">
        <h1>{name}</h1>
        <p className="username">
          @{person.username} {person.role === 'ADMIN' && <span className="badge">Admin</span>}
        </p>
        {person.profile?.bio && <p className="bio">{person.profile.bio}</p>}
        <dl>
          <div>
            <dt>Here since</dt>
            <dd>{dateOf(person.createdAt)}</dd>
          </div>
          {person.email && (
            <div>
              <dt>E-mail address</dt>
              <dd>{person.email}</dd>
            </div>
          )}
        </dl>
        {isChangeable && <Changes person={person} />}
      </div>
    </article>
  );
}

const dateOf = (time: string) => new Date(time).toLocaleDateString('en', { dateStyle: 'long' });

function Changes({ person }: { person: UserDetailsFragment }) {
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const close = () => setOpen(undefined);
  return (
    <div className="actions">
      <button type="button" className="button primary" onClick={() => setOpen('edit')}>
        <Icon name="pencil" /> Edit
      </button>
      {person.profile && (
        <Link href={`/people/${person.username}/photo`} className="button">
          <Icon name="camera" /> Photo
        </Link>
      )}
      <button type="button" className="button danger quiet" onClick={() => setOpen('delete')}>
        <Icon name="trash" /> Delete
      </button>
      {open === 'edit' && <EditUser person={person} onClose={close} />}
      {open === 'delete' && <DeleteUser person={person} onClose={close} />}
    </div>
  );
}
