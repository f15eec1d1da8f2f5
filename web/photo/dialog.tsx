import '../style/dialog.css';
import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { failureOf } from '../api/failure.ts';
import { type PersonDetailsFragment, UploadPolicyDocument } from '../generated/graphql.ts';
import { nameOf } from '../parts/avatar.tsx';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useViewer } from '../session/session.tsx';
import { Choose } from './choose.tsx';
import type { Chosen } from './chosen.ts';
import { Frame } from './frame.tsx';
import { useSource } from './source.ts';

interface Props {
  person: PersonDetailsFragment;
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
      {!data && !error && <Waiting label="Loading upload limits" />}
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
