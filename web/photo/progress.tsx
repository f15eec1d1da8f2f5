import type { Sending } from './use-upload.ts';

/** How much has left, and that the rest is being done; screen readers hear of the steps, not of every percent. */
export function Progress({ sending }: { sending: Sending }) {
  const isSending = sending.at === 'sending';
  const isShown = isSending || sending.at === 'processing';
  const percent = isSending ? Math.round(sending.share * 100) : 100;
  return (
    <div className="progress">
      {isShown && (
        <progress
          max={100}
          {...(isSending && { value: percent })}
          aria-label={isSending ? 'Uploaded' : 'Processing'}
        />
      )}
      {isSending && <span aria-hidden="true">Uploading: {percent}%</span>}
      <span role="status" className={isSending ? 'for-readers' : ''}>
        {isSending && 'Uploading the photo'}
        {sending.at === 'processing' && 'Processing the photo…'}
      </span>
    </div>
  );
}
