import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../api/failure.ts';
import { Notice } from '../components/notice.tsx';

/** Whether the device has a camera. Browsers reveal that without a permission prompt. */
export function useHasCamera() {
  const [hasCamera, setHasCamera] = useState(false);
  useEffect(() => {
    // Undefined on insecure origins (plain HTTP).
    void navigator.mediaDevices
      ?.enumerateDevices()
      .then((devices) => setHasCamera(devices.some(({ kind }) => kind === 'videoinput')));
  }, []);
  return hasCamera;
}

interface Props {
  onCapture: (photo: Blob | null) => void;
  onBack: () => void;
  problem: Failure | undefined;
}

export function Camera({ onCapture, onBack, problem }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const state = useStream(video);

  function capture() {
    const { current } = video;
    if (!current) return;
    const canvas = document.createElement('canvas');
    canvas.width = current.videoWidth;
    canvas.height = current.videoHeight;
    canvas.getContext('2d')?.drawImage(current, 0, 0);
    canvas.toBlob(onCapture, 'image/jpeg', 0.92);
  }

  return (
    <div className="camera">
      {problem && <Notice failure={problem} />}
      {state === 'blocked' && (
        <Notice
          failure={{
            title: 'Camera access was blocked',
            message: 'Allow camera access in the address bar, or go back and choose a file.',
          }}
        />
      )}
      <video ref={video} autoPlay playsInline muted aria-label="Camera preview" />
      <div className="actions">
        <button
          type="button"
          className="button primary"
          aria-disabled={state !== 'on'}
          onClick={capture}
        >
          Take photo
        </button>
        <button type="button" className="button quiet" onClick={onBack}>
          Back
        </button>
      </div>
    </div>
  );
}

/** Streams the camera to the video element while it is mounted. */
function useStream(video: React.RefObject<HTMLVideoElement | null>) {
  const [state, setState] = useState<'starting' | 'on' | 'blocked'>('starting');
  useEffect(() => {
    const constraints = { video: { facingMode: 'user', width: { ideal: 1920 } } };
    const stream = navigator.mediaDevices.getUserMedia(constraints);
    stream.then(
      (media) => {
        if (video.current) video.current.srcObject = media;
        setState('on');
      },
      () => setState('blocked'),
    );
    return () =>
      void stream.then(
        (media) => media.getTracks().map((track) => track.stop()),
        () => undefined,
      );
  }, [video]);
  return state;
}
