import { useRef } from 'react';

interface Props {
  /** Label of the first button. */
  action: string;
  isBusy: boolean;
  onSave: () => void;
  onCancel: () => void;
  onOther: (() => void) | undefined;
}

/** Buttons below the crop. The first one is always rendered, so that the focus is never lost. */
export function CropButtons({ action, isBusy, onSave, onCancel, onOther }: Props) {
  const first = useRef<HTMLButtonElement>(null);
  function cancel() {
    onCancel();
    first.current?.focus();
  }

  return (
    <footer className="actions">
      <button
        ref={first}
        type="button"
        className="button primary"
        aria-disabled={isBusy}
        onClick={() => !isBusy && onSave()}
      >
        {isBusy ? 'Uploading…' : action}
      </button>
      {isBusy && (
        <button type="button" className="button" onClick={cancel}>
          Cancel
        </button>
      )}
      {!isBusy && onOther && (
        <button type="button" className="button quiet" onClick={onOther}>
          Choose another photo
        </button>
      )}
    </footer>
  );
}
