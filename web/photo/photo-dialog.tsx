import '../style/dialog.css';
import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { failureOf } from '../api/failure.ts';
import { nameOf } from '../components/avatar.tsx';
import { Loading } from '../components/loading.tsx';
import { Modal } from '../components/modal.tsx';
import { Notice } from '../components/notice.tsx';
import { UploadPolicyDocument, type UserDetailsFragment } from '../generated/graphql.ts';
import { useViewer } from '../session/session.tsx';
import { ChoosePhoto } from './choose-photo.tsx';
import { CropStep } from './crop-step.tsx';
import { useEditablePhoto } from './editable-photo.ts';
import type { ChosenFile } from './validate-file.ts';

interface Props {
  user: UserDetailsFragment;
  /** Crop the stored photo instead of choosing a new one. */
  isRecrop: boolean;
  /** @param isChanged whether the photo was changed */
  onClose: (isChanged: boolean) => void;
}

/** Dialog to choose, crop and upload a photo, or to crop the stored one. */
export default function PhotoDialog({ user, isRecrop, onClose }: Props) {
  const { data, error, refetch } = useQuery(UploadPolicyDocument);
  const [chosen, setChosen] = useState<ChosenFile>();
  const photo = useEditablePhoto(user, isRecrop, chosen);
  const isOwn = useViewer().id === user.id;
  const whose = isOwn ? 'your photo' : `the photo of ${nameOf(user)}`;

  return (
    <Modal
      title={isRecrop ? `Crop ${whose}` : `Change ${whose}`}
      className="photo-dialog"
      onClose={() => onClose(false)}
    >
      {error && <Notice failure={failureOf(error)} onRetry={() => void refetch()} />}
      {!data && !error && <Loading label="Loading" />}
      {data && !photo && <ChoosePhoto policy={data.uploadPolicy} onChosen={setChosen} />}
      {photo && (
        <CropStep
          photo={photo}
          onOther={isRecrop ? undefined : () => setChosen(undefined)}
          onDone={() => onClose(true)}
        />
      )}
    </Modal>
  );
}
