import { useState } from 'react';
import { Field } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { CropArea } from './crop-area.tsx';
import { FrameButtons } from './frame-buttons.tsx';
import { Previews } from './previews.tsx';
import { Progress } from './progress.tsx';
import type { Rectangle, Source } from './source.ts';
import { useUpload } from './use-upload.ts';

interface Props {
  source: Source;
  /** Choose another one instead. */
  onOther: (() => void) | undefined;
  onDone: () => void;
}

/** Frames a photo, shows what will be seen, and sends it. */
export function Frame({ source, onOther, onDone }: Props) {
  const [frame, setFrame] = useState<Rectangle | undefined>(source.frame);
  const [alt, setAlt] = useState(source.alt);
  const { sending, start, cancel, isBusy } = useUpload(onDone);
  const crop = source.url && frame ? { rectangle: frame } : undefined;
  const send = () => void start((client, watched) => source.send(client, { crop, alt }, watched));

  return (
    <>
      <div className="framing" inert={isBusy}>
        {source.url ? (
          <>
            <CropArea url={source.url} initial={source.frame} onFrame={setFrame} />
            <Previews url={source.url} frame={frame} />
          </>
        ) : (
          <Unseen />
        )}
        <Description alt={alt} onWrite={setAlt} />
      </div>
      {sending.at === 'failed' && <Notice failure={sending.failure} />}
      <Progress sending={sending} />
      <FrameButtons
        action={sending.at === 'failed' ? 'Try again' : source.action}
        isBusy={isBusy}
        onSend={send}
        onCancel={cancel}
        onOther={onOther}
      />
    </>
  );
}

const Unseen = () => (
  <p className="unseen">
    Your browser cannot display this file type. The photo is cropped automatically; you can adjust
    the crop after the upload.
  </p>
);

const Description = ({ alt, onWrite }: { alt: string; onWrite: (alt: string) => void }) => (
  <Field
    label="Description"
    name="alt"
    rows={2}
    maxLength={500}
    value={alt}
    onChange={(event) => onWrite(event.currentTarget.value)}
    hint="Describe the photo for people who cannot see it."
  />
);
