/** All attacks, in the order of the table. */
import { sendLargeBodies, sendSlowBodies } from './bodies.ts';
import { countMatches } from './searches.ts';
import { openManySubscriptions, validateRepeatedFields } from './sockets.ts';
import type { Attack } from './types.ts';
import { reusePresignedPost } from './uploads.ts';

interface Listed {
  name: string;
  title: string;
  attack: Attack;
  /** Whether the attacker has a token. */
  isSignedIn: boolean;
  /** Users in the database, in addition to those of the bench. */
  users?: number;
  /** File descriptors that each of the two processes needs. */
  descriptors?: number;
}

export const ATTACKS: readonly Listed[] = [
  {
    name: '1a',
    title: '40 concurrent anonymous subscriptions of 1,470 repeated fields',
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
    title: '140 concurrent anonymous bodies of 30 MiB, on encoded paths',
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
    title: '8 concurrent requests of 29 counted searches, 200,000 users',
    attack: countMatches(29, 'at'),
    isSignedIn: true,
    users: 200_000,
  },
  {
    name: '3b',
    title: '8 concurrent requests of 5 counted searches, 200,000 users',
    attack: countMatches(5, 'ma'),
    isSignedIn: true,
    users: 200_000,
  },
  {
    name: '4',
    title: 'one presigned POST, a 48-megapixel AVIF, 4 times per second',
    attack: reusePresignedPost,
    isSignedIn: true,
  },
];
