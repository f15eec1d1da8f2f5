import { useSubscription } from '@apollo/client/react';
import { Loading } from '../components/loading.tsx';
import { Notice } from '../components/notice.tsx';
import { PhotoProgressDocument, type UserDetailsFragment } from '../generated/graphql.ts';

interface Props {
  user: UserDetailsFragment;
  onReady: () => void;
}

/** Status of the newest upload while it is not the photo shown: it continues after its dialog was closed. */
export function LatestUpload({ user, onReady }: Props) {
  const upload = user.profile?.latestUpload;
  useSubscription(PhotoProgressDocument, {
    variables: { id: upload?.id ?? '' },
    skip: upload?.status !== 'PROCESSING',
    onData: ({ data }) => data.data?.photo.status === 'READY' && onReady(),
  });

  if (upload?.status === 'PROCESSING') return <Loading label="Processing the latest upload" />;
  if (upload?.status !== 'FAILED' || !upload.failure) return null;
  const { message } = upload.failure;
  return <Notice failure={{ title: 'The last upload failed', message }} />;
}
