import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../api/failure.ts';
import { Notice } from '../components/notice.tsx';

/** Whether there is a camera to offer. Browsers tell that without asking; its pictures they do not give unasked. */
export function useHasCamera() {
  const [hasCamera, setHasCamera] = useState(false);
  useEffect(() => {
    // Undefined where the page is not served securely.
    void navigator.mediaDevices
      ?.enumerateDevices()
      .then((devices) => setHasCamera(devices.some(({ kind }) => kind === 'videoinput')));
  }, []);
  return hasCamera;
}

interface Props {
  onShot: (photo: Blob | null) => void;
  onBack: () => void;
  problem: Failure | undefined;
}

export function Camera({ onShot, onBack, problem }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const state = useStream(video);

  function shoot() {
    const { current } = video;
    if (!current) return;
    const canvas = document.createElement('canvas');
    canvas.width = current.videoWidth;
    canvas.height = current.videoHeight;
    canvas.getContext('2d')?.drawImage(current, 0, 0);
    canvas.toBlob(onShot, 'image/jpeg', 0.92);
  }

  return (
    <div className="camera">
      {problem && <Notice failure={problem} />}
      {state === 'refused' && (
        <Notice
          failure={{
            title: 'The camera stays dark',
            message: 'Allow this page to use it in the address bar, or choose a file instead.',
          }}
        />
      )}
      <video ref={video} autoPlay playsInline muted aria-label="What the camera sees" />
      <div className="actions">
        <button
          type="button"
          className="button primary"
          aria-disabled={state !== 'on'}
          onClick={shoot}
        >
          Take the photo
        </button>
        <button type="button" className="button quiet" onClick={onBack}>
          Back
        </button>
      </div>
    </div>
  );
}

/** Keeps the camera on as long as the video is shown. */
function useStream(video: React.RefObject<HTMLVideoElement | null>) {
  const [state, setState] = useState<'asking' | 'on' | 'refused'>('asking');
  useEffect(() => {
    const wanted = { video: { facingMode: 'user', width: { ideal: 1920 } } };
    const stream = navigator.mediaDevices.getUserMedia(wanted);
    stream.then(
      (shown) => {
        if (video.current) video.current.srcObject = shown;
        setState('on');
      },
      () => setState('refused'),
    );
    return () =>
      void stream.then(
        (shown) => shown.getTracks().map((track) => track.stop()),
        () => undefined,
      );
  }, [video]);
  return state;
}
