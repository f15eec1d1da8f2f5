import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession } from '../session/session.tsx';
import { Avatar, nameOf } from './avatar.tsx';
import { Icon } from './icon.tsx';

/** What every screen stands in: the way to the others, and the place where reading begins. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  useFocusOnArrival(main);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="mark">
          <img src="/portrait.svg" alt="" width="28" height="28" />
          <span>Portrait</span>
        </Link>
        <Account />
      </header>
      <main id="content" className="screen" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Account() {
  const { viewer, signOut } = useSession();
  if (!viewer) return null;
  return (
    <nav aria-label="Main">
      <Link href="/" className={(isHere) => (isHere ? 'here' : '')}>
        People
      </Link>
      <Link
        href={`/people/${viewer.username}/photo`}
        className={(isHere) => (isHere ? 'here' : '')}
      >
        My photo
      </Link>
      <Link href={`/people/${viewer.username}`} className="me">
        <Avatar person={viewer} size={32} />
        <span className="for-readers">My profile: {nameOf(viewer)}</span>
      </Link>
      <button type="button" className="button quiet leave" onClick={() => signOut()}>
        <Icon name="leave" />
        <span>Sign out</span>
      </button>
    </nav>
  );
}

/** A new screen is read from its beginning; going back keeps its place, as browsers do. */
function useFocusOnArrival(main: React.RefObject<HTMLElement | null>) {
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path, main]);
  useEffect(() => {
    // wouter tells of every step forward by this event.
    const toTop = () => window.scrollTo(0, 0);
    window.addEventListener('pushState', toTop);
    return () => window.removeEventListener('pushState', toTop);
  }, []);
}
