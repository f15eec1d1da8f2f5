import { useMutation, useQuery } from '@apollo/client/react';
import { lazy, Suspense, useRef, useState } from 'react';
import { Link } from 'wouter';
import { failureOf } from '../api/failure.ts';
import { Avatar, nameOf } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { Loading } from '../components/loading.tsx';
import { NotFound } from '../components/not-found.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import {
  RemovePhotoDocument,
  type UserDetailsFragment,
  UserDocument,
} from '../generated/graphql.ts';
import { canChange, useViewer } from '../session/session.tsx';
import { LatestUpload } from './latest-upload.tsx';
import { PhotoDetails } from './photo-details.tsx';

const PhotoDialog = lazy(() => import('./photo-dialog.tsx'));

/** Photo of a user. The owner and admins can change, crop and remove it. */
export function PhotoScreen({ username }: { username: string }) {
  const viewer = useViewer();
  const { data, error, refetch } = useQuery(UserDocument, {
    variables: { username },
    fetchPolicy: 'cache-and-network',
  });
  if (error && !data) return <Notice failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Loading photo" />;
  const { user } = data;
  if (!user?.profile)
    return (
      <NotFound title="No profile found">This user has no profile to add a photo to.</NotFound>
    );
  if (!canChange(viewer, user.id)) {
    return <NotFound title="You cannot change this photo">Only its owner and admins can.</NotFound>;
  }
  return <PhotoEditor user={user} onChanged={() => void refetch()} />;
}

interface Props {
  user: UserDetailsFragment;
  onChanged: () => void;
}

function PhotoEditor({ user, onChanged }: Props) {
  const isOwn = useViewer().id === user.id;
  const title = isOwn ? 'My photo' : `Photo of ${nameOf(user)}`;
  useTitle(title);
  const photo = user.profile?.photo;
  return (
    <article className="sheet photo-sheet">
      <Avatar user={user} size={280} isAlone />
      <div className="facts">
        <h1>{title}</h1>
        {photo ? <p className="alt">{photo.alt || 'No description.'}</p> : <NoPhoto />}
        <Buttons user={user} />
        <LatestUpload user={user} onReady={onChanged} />
        {photo && <PhotoDetails photo={photo} />}
        <p>
          <Link href={`/people/${user.username}`}>Back to profile</Link>
        </p>
      </div>
    </article>
  );
}

const NoPhoto = () => <p>No photo yet. Initials are shown instead.</p>;

function Buttons({ user }: Pick<Props, 'user'>) {
  const [dialog, setDialog] = useState<'new' | 'recrop'>();
  const [status, setStatus] = useState('');
  const [remove, removal] = useMutation(RemovePhotoDocument);
  const first = useRef<HTMLButtonElement>(null);
  const { profile } = user;
  if (!profile) return null;
  return (
    <>
      {removal.error && <Notice failure={failureOf(removal.error)} />}
      <div className="actions">
        <button
          ref={first}
          type="button"
          className="button primary"
          onClick={() => setDialog('new')}
        >
          <Icon name="camera" /> {profile.photo ? 'Change photo' : 'Add photo'}
        </button>
        {profile.photo && (
          <>
            <button type="button" className="button" onClick={() => setDialog('recrop')}>
              <Icon name="crop" /> Crop
            </button>
            <RemoveButton
              isBusy={removal.loading}
              onRemove={() =>
                void remove({ variables: { profileId: profile.id } }).then(() => {
                  setStatus('Photo removed.');
                  first.current?.focus();
                }, ignoreError)
              }
            />
          </>
        )}
      </div>
      <p role="status" className="status">
        {status}
      </p>
      <Suspense>
        {dialog && (
          <PhotoDialog
            user={user}
            isRecrop={dialog === 'recrop'}
            onClose={(isChanged) => {
              setDialog(undefined);
              if (isChanged) setStatus('Photo saved.');
            }}
          />
        )}
      </Suspense>
    </>
  );
}

/** The mutation's state contains the error, too, and is shown. */
const ignoreError = () => undefined;

/** Asks for confirmation in place: a photo can be uploaded again, so no dialog is needed. */
function RemoveButton({ isBusy, onRemove }: { isBusy: boolean; onRemove: () => void }) {
  const [isSure, setSure] = useState(false);
  return (
    <button
      type="button"
      className="button danger quiet"
      aria-disabled={isBusy}
      onClick={() => (isSure ? onRemove() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      <Icon name="trash" /> {isSure ? 'Confirm removal' : 'Remove'}
    </button>
  );
}
