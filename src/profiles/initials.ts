import { createHash } from 'node:crypto';
import type { UserRow } from '../users/repository.ts';
import type { ProfileRow } from './repository.ts';

/** Degrees of hue. Saturation and lightness are fixed so that white letters have a contrast of at least 4.5:1. */
const HUES = 360;

/**
 * Returns initials on a colored square as an SVG data: URL.
 * The color is derived from the user, so it never changes, and no other server is contacted.
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

/** The first grapheme of the first and of the last word. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words.at(0), words.at(-1)] : words;
  return ends
    .map((word = '') => [...new Intl.Segmenter().segment(word)][0]?.segment ?? '')
    .join('')
    .toUpperCase();
}

/** Replaces characters that XML forbids even when escaped: control characters, lone surrogates, noncharacters. */
const withoutControls = (text: string) => text.replace(/[\p{Cc}\p{Cs}\p{NChar}]/gu, ' ');

const inXml = (text: string) => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
