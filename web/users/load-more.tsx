import { useEffect, useRef } from 'react';

interface Props {
  isBusy: boolean;
  onMore: () => void;
}

/** Fetches the next page a screen before it is reached; for who does not scroll it is a button. */
export function More({ isBusy, onMore }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    if (!button.current || isBusy) return;
    const watcher = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && latest.current(),
      { rootMargin: '100% 0px' },
    );
    watcher.observe(button.current);
    return () => watcher.disconnect();
  }, [isBusy]);

  return (
    <p className="more">
      <button
        ref={button}
        type="button"
        className="button quiet"
        aria-disabled={isBusy}
        onClick={() => !isBusy && onMore()}
      >
        {isBusy ? 'Fetching more people…' : 'More people'}
      </button>
    </p>
  );
}
