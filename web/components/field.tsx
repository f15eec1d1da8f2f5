import { type InputHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';

interface FieldProps {
  label: string;
  name: string;
  /** Help text, replaced by the problem if there is one. */
  hint?: string | undefined;
  /** Why the value was rejected. */
  problem?: string | undefined;
}
type InputProps = FieldProps & InputHTMLAttributes<HTMLInputElement> & { rows?: undefined };
type TextProps = FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement> & { rows: number };

/** Labeled text input, or a text area if `rows` is set, with its hint or problem as accessible description. */
export function Field({ label, hint, problem, ...control }: InputProps | TextProps) {
  const id = useId();
  const described = {
    id,
    'aria-describedby': hint || problem ? `${id}-more` : undefined,
    'aria-invalid': problem ? true : undefined,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control.rows === undefined ? (
        <input {...control} {...described} />
      ) : (
        <textarea {...control} {...described} />
      )}
      {(hint || problem) && (
        <p id={`${id}-more`} className={problem ? 'problem' : 'hint'}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}
