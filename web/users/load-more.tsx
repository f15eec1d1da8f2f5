import { useEffect, useRef } from 'react';

interface Props {
  isBusy: boolean;
  onLoadMore: () => void;
}

/** Loads the next page when the user scrolls to within one screen of the end; also a button. */
export function LoadMore({ isBusy, onLoadMore }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const latest = useRef(onLoadMore);
  latest.current = onLoadMore;
  useEffect(() => {
    if (!button.current || isBusy) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && latest.current(),
      { rootMargin: '100% 0px' },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [isBusy]);

  return (
    <p className="more">
      <button
        ref={button}
        type="button"
        className="button quiet"
        aria-disabled={isBusy}
        onClick={() => !isBusy && onLoadMore()}
      >
        {isBusy ? 'Loading more people…' : 'Load more people'}
      </button>
    </p>
  );
}
