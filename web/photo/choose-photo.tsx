import { type DragEvent, useEffect, useRef, useState } from 'react';
import { type Failure, failureOf } from '../api/failure.ts';
import { Icon } from '../components/icon.tsx';
import { Notice } from '../components/notice.tsx';
import { Camera, useHasCamera } from './camera.tsx';
import { type Chosen, choose, type Policy } from './validate-file.ts';

interface Props {
  policy: Policy;
  onChosen: (chosen: Chosen) => void;
}

/** Takes a photo from wherever it is: a file, dropped or chosen, the clipboard, the camera. */
export function Choose({ policy, onChosen }: Props) {
  const [problem, setProblem] = useState<Failure>();
  const [isOver, setOver] = useState(false);
  const [isFilming, setFilming] = useState(false);
  const hasCamera = useHasCamera();

  async function take(file: Blob | null | undefined) {
    if (!file) return;
    setProblem(undefined);
    await choose(file, policy).then(onChosen, (error) => setProblem(failureOf(error)));
  }
  usePaste(take);

  const drop = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void take(event.dataTransfer.files[0]);
    },
  };

  if (isFilming) return <Camera onShot={take} onBack={() => setFilming(false)} problem={problem} />;
  return (
    <div className="choose">
      {problem && <Notice failure={problem} />}
      <div className={isOver ? 'drop over' : 'drop'} {...drop}>
        <Icon name="photo" />
        <p>Drop a photo here, paste one, or</p>
        <div className="actions">
          <FileButton types={policy.contentTypes} onFile={take} />
          {hasCamera && (
            <button type="button" className="button" onClick={() => setFilming(true)}>
              <Icon name="camera" /> Use the camera
            </button>
          )}
        </div>
      </div>
      <p className="hint">{inWords(policy)}</p>
    </div>
  );
}

const inWords = ({ contentTypes, maxBytes, minSide }: Policy) => {
  const formats = contentTypes.map((type) => type.replace('image/', '').toUpperCase()).join(', ');
  return `${formats}; up to ${Math.floor(maxBytes / 1024 / 1024)} MB, ${minSide} pixels or more a side. It is turned upright, and loses the place it was taken at.`;
};

/** Some systems do not know what `image/heic` is called; their file choosers need the endings. */
const ENDINGS = ['.heic', '.heif'];

interface FileButtonProps {
  types: string[];
  onFile: (file: Blob | undefined) => void;
}

function FileButton({ types, onFile }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button primary" onClick={() => input.current?.click()}>
        Choose a file
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={[...types, ...ENDINGS].join(',')}
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          // The same file may be chosen again, after it was mended.
          event.target.value = '';
        }}
      />
    </>
  );
}

function usePaste(take: (file: Blob | null | undefined) => void) {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => latest.current(clipboardData?.files[0]);
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}
