import { useEffect } from 'react';

/** Sets the document title, which the tab, the history and screen readers show. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Portrait`;
  }, [title]);
}
