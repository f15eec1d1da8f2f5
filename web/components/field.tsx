import { type InputHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';

interface Own {
  label: string;
  name: string;
  /** What is asked for, in words. */
  hint?: string | undefined;
  /** What is wrong with what was given. */
  problem?: string | undefined;
}
type InputProps = Own & InputHTMLAttributes<HTMLInputElement> & { rows?: undefined };
type TextProps = Own & TextareaHTMLAttributes<HTMLTextAreaElement> & { rows: number };

/** A labelled line of text, or several when `rows` says so, with its hint and complaint tied to it. */
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
