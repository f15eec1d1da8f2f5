import { type DragEvent, useEffect, useRef, useState } from 'react';
import { type Failure, failureOf } from '../api/failure.ts';
import { Icon } from '../components/icon.tsx';
import { Notice } from '../components/notice.tsx';
import { Camera, useHasCamera } from './camera.tsx';
import { type ChosenFile, type UploadPolicy, validateFile } from './validate-file.ts';

interface Props {
  policy: UploadPolicy;
  onChosen: (chosen: ChosenFile) => void;
}

/** Lets the user choose a photo: a file, drag and drop, the clipboard or the camera. */
export function ChoosePhoto({ policy, onChosen }: Props) {
  const [problem, setProblem] = useState<Failure>();
  const [isDragOver, setDragOver] = useState(false);
  const [isCameraOpen, setCameraOpen] = useState(false);
  const hasCamera = useHasCamera();

  async function take(file: Blob | null | undefined) {
    if (!file) return;
    setProblem(undefined);
    await validateFile(file, policy).then(onChosen, (error) => setProblem(failureOf(error)));
  }
  usePaste(take);

  const drop = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setDragOver(true);
    },
    onDragLeave: () => setDragOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setDragOver(false);
      void take(event.dataTransfer.files[0]);
    },
  };

  if (isCameraOpen)
    return <Camera onCapture={take} onBack={() => setCameraOpen(false)} problem={problem} />;
  return (
    <div className="choose">
      {problem && <Notice failure={problem} />}
      <div className={isDragOver ? 'drop over' : 'drop'} {...drop}>
        <Icon name="photo" />
        <p>Drop a photo here, paste one, or</p>
        <div className="actions">
          <FileButton types={policy.contentTypes} onFile={take} />
          {hasCamera && (
            <button type="button" className="button" onClick={() => setCameraOpen(true)}>
              <Icon name="camera" /> Use camera
            </button>
          )}
        </div>
      </div>
      <p className="hint">{describe(policy)}</p>
    </div>
  );
}

const describe = ({ contentTypes, maxBytes, minSide }: UploadPolicy) => {
  const formats = contentTypes.map((type) => type.replace('image/', '').toUpperCase()).join(', ');
  return `${formats}, up to ${Math.floor(maxBytes / 1024 / 1024)} MB, at least ${minSide} × ${minSide} pixels. Orientation is corrected and location data is removed.`;
};

/** Some systems do not map `image/heic` to file names; their file choosers need the extensions. */
const EXTENSIONS = ['.heic', '.heif'];

interface FileButtonProps {
  types: string[];
  onFile: (file: Blob | undefined) => void;
}

function FileButton({ types, onFile }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button primary" onClick={() => input.current?.click()}>
        Choose file
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={[...types, ...EXTENSIONS].join(',')}
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          // Without this, choosing the same file again, after repairing it, fires no event.
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
