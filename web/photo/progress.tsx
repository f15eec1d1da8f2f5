import type { UploadState } from './use-upload.ts';

/** Upload progress, then processing. Screen readers announce the two steps, not every percent. */
export function Progress({ state }: { state: UploadState }) {
  const isUploading = state.status === 'uploading';
  const isShown = isUploading || state.status === 'processing';
  const percent = isUploading ? Math.round(state.share * 100) : 100;
  return (
    <div className="progress">
      {isShown && (
        <progress
          max={100}
          {...(isUploading && { value: percent })}
          aria-label={isUploading ? 'Upload progress' : 'Processing'}
        />
      )}
      {isUploading && <span aria-hidden="true">Uploading: {percent}%</span>}
      <span role="status" className={isUploading ? 'visually-hidden' : ''}>
        {isUploading && 'Uploading the photo'}
        {state.status === 'processing' && 'Processing the photo…'}
      </span>
    </div>
  );
}
