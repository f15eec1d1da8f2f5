import { useState } from 'react';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/notice.tsx';
import { CropArea } from './crop-area.tsx';
import { CropButtons } from './crop-buttons.tsx';
import type { EditablePhoto, Rectangle } from './editable-photo.ts';
import { Previews } from './previews.tsx';
import { Progress } from './progress.tsx';
import { useUpload } from './use-upload.ts';

interface Props {
  photo: EditablePhoto;
  /** Goes back to choosing a photo. */
  onOther: (() => void) | undefined;
  onDone: () => void;
}

/** Crops and describes a photo, previews and saves it. */
export function CropStep({ photo, onOther, onDone }: Props) {
  const [rectangle, setRectangle] = useState<Rectangle | undefined>(photo.crop);
  const [alt, setAlt] = useState(photo.alt);
  const { state, start, cancel, isBusy } = useUpload(onDone);
  const crop = photo.url && rectangle ? { rectangle } : undefined;
  const save = () => void start((client, options) => photo.save(client, { crop, alt }, options));

  return (
    <>
      <div className="crop-step" inert={isBusy}>
        {photo.url ? (
          <>
            <CropArea url={photo.url} initial={photo.crop} onCrop={setRectangle} />
            <Previews url={photo.url} crop={rectangle} />
          </>
        ) : (
          <NoPreview />
        )}
        <Description alt={alt} onChange={setAlt} />
      </div>
      {state.status === 'failed' && <Notice failure={state.failure} />}
      <Progress state={state} />
      <CropButtons
        action={state.status === 'failed' ? 'Try again' : photo.action}
        isBusy={isBusy}
        onSave={save}
        onCancel={cancel}
        onOther={onOther}
      />
    </>
  );
}

const NoPreview = () => (
  <p className="no-preview">
    This browser cannot show this photo format. Portrait will crop it automatically; you can change
    the crop after the upload.
  </p>
);

const Description = ({ alt, onChange }: { alt: string; onChange: (alt: string) => void }) => (
  <Field
    label="Description"
    name="alt"
    rows={2}
    maxLength={500}
    value={alt}
    onChange={(event) => onChange(event.currentTarget.value)}
    hint="Describe the photo for people who cannot see it."
  />
);
