/** Holds the place of what is on its way. */
export const Waiting = ({ label }: { label: string }) => (
  <p className="waiting" role="status">
    <span className="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
    {label}
  </p>
);
