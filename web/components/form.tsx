import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { type Failure, failureOf } from '../api/failure.ts';
import { Notice } from './notice.tsx';

interface Props {
  /** Label of the submit button. */
  action: string;
  /** Label of the submit button while submitting. */
  busyLabel: string;
  onSubmit: (values: Record<string, string>) => Promise<void>;
  /** Renders the fields with their problems, by field name. */
  children: (problems: Record<string, string>) => ReactNode;
  /** Shown next to the submit button. */
  aside?: ReactNode;
}

/** Form that keeps its values if submitting fails, and focuses the first invalid field. */
export function Form({ action, busyLabel, onSubmit, children, aside }: Props) {
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
      const reason = failureOf(error);
      setFailure(reason);
      const [invalid] = Object.keys(reason.fields);
      form.current?.querySelector<HTMLElement>(`[name="${invalid}"]`)?.focus();
    } finally {
      setBusy(false);
    }
  }

  const fields = failure?.fields ?? {};
  const isShownInField = Object.keys(fields).some((name) => form.current?.elements.namedItem(name));
  return (
    <form ref={form} className="form" onSubmit={submit}>
      {failure && !isShownInField && <Notice failure={failure} />}
      {children(fields)}
      <div className="actions">
        <button type="submit" className="button primary" aria-disabled={isBusy}>
          {isBusy ? busyLabel : action}
        </button>
        {aside}
      </div>
    </form>
  );
}
