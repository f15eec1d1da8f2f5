import { useMutation, useQuery } from '@apollo/client/react';
import { lazy, Suspense, useRef, useState } from 'react';
import { Link } from 'wouter';
import { failureOf } from '../api/failure.ts';
import { Avatar, nameOf } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { Waiting } from '../components/loading.tsx';
import { Missing } from '../components/not-found.tsx';
import { Notice } from '../components/notice.tsx';
import { useTitle } from '../components/use-title.ts';
import {
  RemovePhotoDocument,
  type UserDetailsFragment,
  UserDocument,
} from '../generated/graphql.ts';
import { mayChange, useViewer } from '../session/session.tsx';
import { LatestUpload } from './latest-upload.tsx';
import { PhotoFacts } from './photo-details.tsx';

const PhotoDialog = lazy(() => import('./photo-dialog.tsx'));

/** The photo of a person, for themselves and admins: change it, frame it anew, remove it. */
export function PhotoScreen({ username }: { username: string }) {
  const viewer = useViewer();
  const { data, error, refetch } = useQuery(UserDocument, {
    variables: { username },
    fetchPolicy: 'cache-and-network',
  });
  if (error && !data) return <Notice failure={failureOf(error)} onRetry={() => void refetch()} />;
  if (!data) return <Waiting label="Fetching the photo" />;
  const person = data.user;
  if (!person?.profile)
    return <Missing title="No profile here">There is nothing to put a photo on.</Missing>;
  if (!mayChange(viewer, person.id)) {
    return (
      <Missing title="Not yours to change">A photo is changed by its owner, or an admin.</Missing>
    );
  }
  return <PhotoOf person={person} onChanged={() => void refetch()} />;
}

interface Props {
  person: UserDetailsFragment;
  onChanged: () => void;
}

function PhotoOf({ person, onChanged }: Props) {
  const isOwn = useViewer().id === person.id;
  const title = isOwn ? 'My photo' : `Photo of ${nameOf(person)}`;
  useTitle(title);
  const photo = person.profile?.photo;
  return (
    <article className="sheet photo-sheet">
      <Avatar person={person} size={280} alone />
      <div className="facts">
        <h1>{title}</h1>
        {photo ? <p className="alt">{photo.alt || 'Without a description.'}</p> : <NoPhoto />}
        <Buttons person={person} />
        <LatestUpload person={person} onReady={onChanged} />
        {photo && <PhotoFacts photo={photo} />}
        <p>
          <Link href={`/people/${person.username}`}>To the profile</Link>
        </p>
      </div>
    </article>
  );
}

const NoPhoto = () => (
  <p>There is no photo yet: initials stand in for it, in a colour that stays.</p>
);

function Buttons({ person }: Pick<Props, 'person'>) {
  const [dialog, setDialog] = useState<'new' | 'recrop'>();
  const [said, setSaid] = useState('');
  const [remove, removal] = useMutation(RemovePhotoDocument);
  const first = useRef<HTMLButtonElement>(null);
  const { profile } = person;
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
          <Icon name="camera" /> {profile.photo ? 'Change' : 'Add a photo'}
        </button>
        {profile.photo && (
          <>
            <button type="button" className="button" onClick={() => setDialog('recrop')}>
              <Icon name="crop" /> Adjust
            </button>
            <RemoveButton
              isBusy={removal.loading}
              onRemove={() =>
                void remove({ variables: { profileId: profile.id } }).then(() => {
                  setSaid('The photo is removed.');
                  first.current?.focus();
                }, noted)
              }
            />
          </>
        )}
      </div>
      <p role="status" className="said">
        {said}
      </p>
      <Suspense>
        {dialog && (
          <PhotoDialog
            person={person}
            isRecrop={dialog === 'recrop'}
            onClose={(isChanged) => {
              setDialog(undefined);
              if (isChanged) setSaid('The photo is in place.');
            }}
          />
        )}
      </Suspense>
    </>
  );
}

/** Shown by the mutation's own state. */
const noted = () => undefined;

/** Asks once more, in place: a photo can be sent again, so a dialog would be too much. */
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
      <Icon name="trash" /> {isSure ? 'Really remove it' : 'Remove'}
    </button>
  );
}
