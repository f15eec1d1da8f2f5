import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { failureOf } from '../api/failure.ts';
import { Avatar, nameOf } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { Loading } from '../components/loading.tsx';
import { NotFound } from '../components/not-found.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import { type UserDetailsFragment, UserDocument } from '../generated/graphql.ts';
import { canChange, useViewer } from '../session/session.tsx';
import { DeleteUser } from './delete.tsx';
import { EditUser } from './edit.tsx';

/** Profile of one user; owner and admins can change it. */
export function User({ username }: { username: string }) {
  const { data, error, refetch } = useQuery(UserDocument, {
    variables: { username },
    fetchPolicy: 'cache-and-network',
  });
  if (error && !data) return <Notice failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Loading profile" />;
  if (data.user) return <Profile user={data.user} />;
  return (
    <NotFound title="User not found">
      There is no @{username}. The account may have been renamed or deleted.
    </NotFound>
  );
}

function Profile({ user }: { user: UserDetailsFragment }) {
  const name = nameOf(user);
  useTitle(name);
  const isChangeable = canChange(useViewer(), user.id);
  return (
    <article className="sheet">
      <Avatar user={user} size={200} isAlone />
      <div className="facts">
        <h1>{name}</h1>
        <p className="username">
          @{user.username} {user.role === 'ADMIN' && <span className="badge">Admin</span>}
        </p>
        {user.profile?.bio && <p className="bio">{user.profile.bio}</p>}
        <dl>
          <div>
            <dt>Joined</dt>
            <dd>{dateOf(user.createdAt)}</dd>
          </div>
          {user.email && (
            <div>
              <dt>E-mail address</dt>
              <dd>{user.email}</dd>
            </div>
          )}
        </dl>
        {isChangeable && <Actions user={user} />}
      </div>
    </article>
  );
}

const dateOf = (time: string) => new Date(time).toLocaleDateString('en', { dateStyle: 'long' });

function Actions({ user }: { user: UserDetailsFragment }) {
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const close = () => setOpen(undefined);
  return (
    <div className="actions">
      <button type="button" className="button primary" onClick={() => setOpen('edit')}>
        <Icon name="pencil" /> Edit profile
      </button>
      {user.profile && (
        <Link href={`/people/${user.username}/photo`} className="button">
          <Icon name="camera" /> Change photo
        </Link>
      )}
      <button type="button" className="button danger quiet" onClick={() => setOpen('delete')}>
        <Icon name="trash" /> Delete account
      </button>
      {open === 'edit' && <EditUser user={user} onClose={close} />}
      {open === 'delete' && <DeleteUser user={user} onClose={close} />}
    </div>
  );
}
