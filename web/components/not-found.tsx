import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Faces } from './faces.tsx';
import { useTitle } from './use-title.ts';

/** Screen for an address that leads nowhere, with a link to the start. */
export function NotFound({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <section className="empty">
      <Faces hasGap />
      <h1>{title}</h1>
      <p>{children}</p>
      <Link href="/" className="button">
        Go to people
      </Link>
    </section>
  );
}
