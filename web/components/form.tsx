import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { type Failure, failureOf } from '../api/failure.ts';
import { Notice } from './notice.tsx';

interface Props {
  /** What pressing the button does. */
  action: string;
  /** The same while it is being done. */
  doing: string;
  onSubmit: (values: Record<string, string>) => Promise<void>;
  /** The fields, with the complaints about them. */
  children: (problems: Record<string, string>) => ReactNode;
  /** Beside the button. */
  aside?: ReactNode;
}

/** Sends what is written in its fields, keeps it when that fails, and leads to the field that is wrong. */
export function Form({ action, doing, onSubmit, children, aside }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    const entries = [...new FormData(event.currentTarget)];
    try {
      await onSubmit(Object.fromEntries(entries.map(([name, value]) => [name, String(value)])));
    } catch (error) {
      const found = failureOf(error);
      setFailure(found);
      const [wrong] = Object.keys(found.fields);
      form.current?.querySelector<HTMLElement>(`[name="${wrong}"]`)?.focus();
    } finally {
      setBusy(false);
    }
  }

  const fields = failure?.fields ?? {};
  const isTold = Object.keys(fields).some((name) => form.current?.elements.namedItem(name));
  return (
    <form ref={form} className="form" onSubmit={submit}>
      {failure && !isTold && <Notice failure={failure} />}
      {children(fields)}
      <div className="actions">
        <button type="submit" className="button primary" aria-disabled={isBusy}>
          {isBusy ? doing : action}
        </button>
        {aside}
      </div>
    </form>
  );
}
