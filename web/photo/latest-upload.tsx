import { useSubscription } from '@apollo/client/react';
import { type PersonDetailsFragment, PhotoProgressDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { Waiting } from '../parts/waiting.tsx';

interface Props {
  person: PersonDetailsFragment;
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

  if (upload?.status === 'PROCESSING') return <Waiting label="Your new photo is being processed" />;
  if (upload?.status !== 'FAILED' || !upload.failure) return null;
  const { message } = upload.failure;
  return <Notice failure={{ title: 'The last upload failed', message }} />;
}
