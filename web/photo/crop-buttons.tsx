import { useRef } from 'react';

interface Props {
  /** What the first of them does. */
  action: string;
  isBusy: boolean;
  onSend: () => void;
  onCancel: () => void;
  onOther: (() => void) | undefined;
}

/** The first one stays through all of it, so that focus has a place. */
export function FrameButtons({ action, isBusy, onSend, onCancel, onOther }: Props) {
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
        onClick={() => !isBusy && onSend()}
      >
        {isBusy ? 'Sending…' : action}
      </button>
      {isBusy && (
        <button type="button" className="button" onClick={cancel}>
          Cancel
        </button>
      )}
      {!isBusy && onOther && (
        <button type="button" className="button quiet" onClick={onOther}>
          Choose another
        </button>
      )}
    </footer>
  );
}
