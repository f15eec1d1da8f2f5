import { useEffect } from 'react';

/** Names the screen in the browser's tab, where screen readers and histories look for it. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Portrait`;
  }, [title]);
}
