import { useState } from 'react';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/notice.tsx';
import { CropArea } from './crop-area.tsx';
import { FrameButtons } from './crop-buttons.tsx';
import type { Rectangle, Source } from './editable-photo.ts';
import { Previews } from './previews.tsx';
import { Progress } from './progress.tsx';
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
    This browser cannot show this kind of photo, but Portrait can. It will choose the frame by
    itself; you can adjust that as soon as the photo is there.
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
    hint="For people who cannot see the photo: who is on it, and how."
  />
);
