/** Placeholder for content that is loading. */
export const Loading = ({ label }: { label: string }) => (
  <p className="waiting" role="status">
    <span className="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
    {label}
  </p>
);
