import '../style/dialog.css';
import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { failureOf } from '../api/failure.ts';
import { nameOf } from '../components/avatar.tsx';
import { Waiting } from '../components/loading.tsx';
import { Modal } from '../components/modal.tsx';
import { Notice } from '../components/notice.tsx';
import { UploadPolicyDocument, type UserDetailsFragment } from '../generated/graphql.ts';
import { useViewer } from '../session/session.tsx';
import { Choose } from './choose-photo.tsx';
import { Frame } from './crop-step.tsx';
import { useSource } from './editable-photo.ts';
import type { Chosen } from './validate-file.ts';

interface Props {
  person: UserDetailsFragment;
  /** Begin with the photo that is there, to cut it anew. */
  isRecrop: boolean;
  /** @param isChanged whether there is another photo now */
  onClose: (isChanged: boolean) => void;
}

/** Choose a photo, frame it, send it; or frame the one that is there anew. */
export default function PhotoDialog({ person, isRecrop, onClose }: Props) {
  const { data, error, refetch } = useQuery(UploadPolicyDocument);
  const [chosen, setChosen] = useState<Chosen>();
  const source = useSource(person, isRecrop, chosen);
  const isOwn = useViewer().id === person.id;
  const whose = isOwn ? 'your photo' : `the photo of ${nameOf(person)}`;

  return (
    <Modal
      title={isRecrop ? `Adjust ${whose}` : `Change ${whose}`}
      className="photo-dialog"
      onClose={() => onClose(false)}
    >
      {error && <Notice failure={failureOf(error)} onRetry={() => void refetch()} />}
      {!data && !error && <Waiting label="Asking what may be sent" />}
      {data && !source && <Choose policy={data.uploadPolicy} onChosen={setChosen} />}
      {source && (
        <Frame
          source={source}
          onOther={isRecrop ? undefined : () => setChosen(undefined)}
          onDone={() => onClose(true)}
        />
      )}
    </Modal>
  );
}
