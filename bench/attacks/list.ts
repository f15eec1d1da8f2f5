/** Every attack, in the order of the table. */
import { sendLargeBodies, sendSlowBodies } from './bodies.ts';
import { countMatches } from './searches.ts';
import { openManySubscriptions, validateRepeatedFields } from './sockets.ts';
import type { Attack } from './types.ts';
import { reuseForm } from './uploads.ts';

interface Listed {
  name: string;
  title: string;
  attack: Attack;
  /** Whether the attacker has a token. */
  isSignedIn: boolean;
  /** Users in the database, beside those of the bench. */
  users?: number;
  /** File descriptors that each of the two processes needs. */
  descriptors?: number;
}

export const ATTACKS: readonly Listed[] = [
  {
    name: '1a',
    title: '40 anonymous subscriptions of 1,470 repeated fields at a time',
    attack: validateRepeatedFields,
    isSignedIn: false,
  },
  {
    name: '1b',
    title: '20,000 subscriptions on one socket',
    attack: openManySubscriptions,
    isSignedIn: true,
  },
  {
    name: '2a',
    title: '140 anonymous bodies of 30 MiB at a time, on respelled paths',
    attack: sendLargeBodies,
    isSignedIn: false,
  },
  {
    name: '2b',
    title: '4,000 slow anonymous bodies',
    attack: sendSlowBodies,
    isSignedIn: false,
    descriptors: 5_000,
  },
  {
    name: '3a',
    title: '8 requests of 29 counted searches at a time, 200,000 users',
    attack: countMatches(29, 'at'),
    isSignedIn: true,
    users: 200_000,
  },
  {
    name: '3b',
    title: '8 requests of 5 counted searches at a time, 200,000 users',
    attack: countMatches(5, 'ma'),
    isSignedIn: true,
    users: 200_000,
  },
  {
    name: '4',
    title: 'one form, a 48-megapixel AVIF, 4 times a second',
    attack: reuseForm,
    isSignedIn: true,
  },
];
