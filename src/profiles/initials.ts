import { createHash } from 'node:crypto';
import type { UserRow } from '../users/repository.ts';
import type { ProfileRow } from './repository.ts';

/** Degrees of hue around the circle; saturation and lightness are fixed so that white letters read well (4.5:1 and more). */
const HUES = 360;

/**
 * Initials on a colour of the person's own, as an SVG in a data: URL.
 * The same person always gets the same colour; nothing is asked of anybody else.
 */
export function drawInitials(
  { userId, displayName }: ProfileRow,
  user: UserRow | undefined,
): string {
  const fullName = `${user?.firstName ?? ''} ${user?.lastName ?? ''}`;
  const names = [displayName, fullName, user?.username ?? ''].map(withoutControls);
  const name = names.find((text) => text.trim()) ?? '?';
  const hue = createHash('sha256').update(userId).digest().readUInt16BE() % HUES;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="hsl(${hue} 45% 32%)"/><text x="50" y="50" dy=".35em" text-anchor="middle" fill="#fff" font-family="sans-serif" font-size="42">${inXml(initials(name))}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The first letter, as a reader counts letters, of the first and of the last word. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words.at(0), words.at(-1)] : words;
  return ends
    .map((word = '') => [...new Intl.Segmenter().segment(word)][0]?.segment ?? '')
    .join('')
    .toUpperCase();
}

/** What XML has no place for, even escaped: control characters, halves of characters, and numbers that are none. */
const withoutControls = (text: string) => text.replace(/[\p{Cc}\p{Cs}\p{NChar}]/gu, ' ');

const inXml = (text: string) => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
