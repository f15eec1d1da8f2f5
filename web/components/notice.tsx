import type { Failure } from '../api/failure.ts';
import { Icon } from './icon.tsx';

interface Props {
  failure: Pick<Failure, 'title' | 'message'> & Partial<Failure>;
  onRetry?: (() => void) | undefined;
}

/** Error message with the next step; screen readers announce it at once. */
export function Notice({ failure: { title, message }, onRetry }: Props) {
  return (
    <div className="notice" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{title}</strong>
        <p>{message}</p>
      </div>
      {onRetry && (
        <button type="button" className="button quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
