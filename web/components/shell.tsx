import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession } from '../session/session.tsx';
import { Avatar, nameOf } from './avatar.tsx';
import { Icon } from './icon.tsx';

/** Frame of every screen: skip link, header with navigation, and main content. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  useFocusOnNavigation(main);
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          <img src="/portrait.svg" alt="" width="28" height="28" />
          <span>Portrait</span>
        </Link>
        <Navigation />
      </header>
      <main id="content" className="screen" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Navigation() {
  const { viewer, signOut } = useSession();
  if (!viewer) return null;
  return (
    <nav aria-label="Main">
      <Link href="/" className={(isCurrent) => (isCurrent ? 'current' : '')}>
        People
      </Link>
      <Link
        href={`/people/${viewer.username}/photo`}
        className={(isCurrent) => (isCurrent ? 'current' : '')}
      >
        My photo
      </Link>
      <Link href={`/people/${viewer.username}`} className="me">
        <Avatar user={viewer} size={32} />
        <span className="visually-hidden">My profile: {nameOf(viewer)}</span>
      </Link>
      <button type="button" className="button quiet sign-out" onClick={() => signOut()}>
        <Icon name="sign-out" />
        <span>Sign out</span>
      </button>
    </nav>
  );
}

/** Focuses the content of a new screen and scrolls to its top; going back keeps the scroll position, as browsers do. */
function useFocusOnNavigation(main: React.RefObject<HTMLElement | null>) {
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path, main]);
  useEffect(() => {
    // wouter (3.13) dispatches this event on every forward navigation.
    const toTop = () => window.scrollTo(0, 0);
    window.addEventListener('pushState', toTop);
    return () => window.removeEventListener('pushState', toTop);
  }, []);
}
