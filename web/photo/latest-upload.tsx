import { useSubscription } from '@apollo/client/react';
import { Waiting } from '../components/loading.tsx';
import { Notice } from '../components/notice.tsx';
import { PhotoProgressDocument, type UserDetailsFragment } from '../generated/graphql.ts';

interface Props {
  person: UserDetailsFragment;
  onReady: () => void;
}

/** What became of the newest upload, if it is not the photo shown: one that goes on after its dialog was closed. */
export function LatestUpload({ person, onReady }: Props) {
  const upload = person.profile?.latestUpload;
  useSubscription(PhotoProgressDocument, {
    variables: { id: upload?.id ?? '' },
    skip: upload?.status !== 'PROCESSING',
    onData: ({ data }) => data.data?.photo.status === 'READY' && onReady(),
  });

  if (upload?.status === 'PROCESSING')
    return <Waiting label="The newest photo is being prepared" />;
  if (upload?.status !== 'FAILED' || !upload.failure) return null;
  const { message } = upload.failure;
  return <Notice failure={{ title: 'The last upload failed', message }} />;
}
