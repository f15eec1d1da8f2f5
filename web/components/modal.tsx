import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/** A dialog over the page: the browser keeps focus inside, closes it with Escape, and gives focus back. */
export function Modal({ title, onClose, children, className = '' }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // What is inside comes when it can be seen: measured before that, everything has no size.
  const [isShown, setShown] = useState(false);
  useLayoutEffect(() => {
    const shown = dialog.current;
    const opener = document.activeElement;
    shown?.showModal();
    setShown(true);
    return () => {
      shown?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      className={`modal ${className}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        // Whether it closes is the page's decision: React takes the dialog away.
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={heading}>{title}</h2>
        <button type="button" className="button icon-only quiet" onClick={onClose}>
          <Icon name="close" />
          <span className="for-readers">Close</span>
        </button>
      </header>
      {isShown && children}
    </dialog>
  );
}
