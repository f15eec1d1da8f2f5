import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { failureOf } from '../api/failure.ts';
import { type PersonDetailsFragment, PersonDocument } from '../generated/graphql.ts';
import { Avatar, nameOf } from '../parts/avatar.tsx';
import { Icon } from '../parts/icon.tsx';
import { Missing } from '../parts/missing.tsx';
import { Notice } from '../parts/notice.tsx';
import { useTitle } from '../parts/use-title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { mayChange, useViewer } from '../session/session.tsx';
import { DeletePerson } from './delete.tsx';
import { EditPerson } from './edit.tsx';

/** One person: what everybody may see, and for themselves and admins the ways to change it. */
export function Person({ username }: { username: string }) {
  const { data, error, refetch } = useQuery(PersonDocument, {
    variables: { username },
    fetchPolicy: 'cache-and-network',
  });
  if (error && !data) return <Notice failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (!data) return <Waiting label="Loading the user" />;
  if (data.user) return <Sheet person={data.user} />;
  return (
    <Missing title="User not found">
      There is no @{username}. The account may have been renamed or deleted.
    </Missing>
  );
}

function Sheet({ person }: { person: PersonDetailsFragment }) {
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
            <dt>Member since</dt>
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

function Changes({ person }: { person: PersonDetailsFragment }) {
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
      {open === 'edit' && <EditPerson person={person} onClose={close} />}
      {open === 'delete' && <DeletePerson person={person} onClose={close} />}
    </div>
  );
}
