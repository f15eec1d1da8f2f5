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
          aria-label={isSending ? 'Sent' : 'Preparing'}
        />
      )}
      {isSending && <span aria-hidden="true">Sending: {percent} %</span>}
      <span role="status" className={isSending ? 'for-readers' : ''}>
        {isSending && 'Sending the photo'}
        {sending.at === 'processing' && 'Preparing the photo in all sizes…'}
      </span>
    </div>
  );
}
