import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Faces } from './faces.tsx';
import { useTitle } from './use-title.ts';

/** A screen for what is not there, with the way back. */
export function Missing({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <section className="empty">
      <Faces absent />
      <h1>{title}</h1>
      <p>{children}</p>
      <Link href="/" className="button">
        To the people
      </Link>
    </section>
  );
}
