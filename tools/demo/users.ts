import type { Look } from './portrait.ts';

/** A fictional user. */
export interface DemoUser {
  username: string;
  firstName: string;
  lastName: string;
  bio: string;
  look: Look;
}

const SKIN = ['#f3d3b8', '#e8b796', '#d59c74', '#b97a51', '#8d5a3b', '#5f3b29'];
const HAIR = ['#2a1f1a', '#4a3122', '#7a4a2a', '#b4532a', '#d8a657', '#8f8a86', '#1b1a22'];
const CLOTHES = [
  '#2f5d62',
  '#b8321a',
  '#3d3a6b',
  '#7a8c3a',
  '#d08c2e',
  '#5c3a5a',
  '#33415c',
  '#f0e4d0',
];
const WALLS: [string, string][] = [
  ['#f2dfc0', '#e4c99b'],
  ['#cfe0d8', '#a9c7bb'],
  ['#f3cdbd', '#e6a890'],
  ['#d8d6ec', '#b6b2da'],
  ['#cfe1ee', '#a4c5de'],
  ['#ece0d6', '#cdb9a8'],
];
const SUNS = ['#f7efe2', '#e9efe6', '#fbe9df', '#efeef8', '#eaf3f9', '#f8f3ee'];

/** Name, index of skin and hair color in the lists above, haircut, accessory, and bio. */
const CAST = [
  ['Amara Okafor', 5, 0, 'curls', '', 'Maps rivers that move. Keeps a list of good benches.'],
  [
    'Jonas Lindqvist',
    0,
    4,
    'short',
    'beard',
    'Repairs tower clocks, and is late for everything else.',
  ],
  ['Mei Tanaka', 1, 6, 'bob', '', 'Designs type for very small sizes.'],
  ['Rafael Moreno', 2, 1, 'short', 'glasses', 'Teaches physics with a bicycle and a garden hose.'],
  ['Ingrid Solberg', 0, 4, 'long', '', 'Night-shift baker. Ask her about rye.'],
  [
    'Tariq Haddad',
    3,
    0,
    'none',
    'beard',
    'Records the sound of buildings before they are pulled down.',
  ],
  ['Priya Raman', 3, 0, 'bun', 'glasses', 'Counts bees for the city.'],
  ['Oskar Weiss', 1, 5, 'short', '', 'Third-generation bookbinder, first-generation climber.'],
  ['Lucia Ferrante', 1, 2, 'long', 'glasses', 'Restores frescoes, mostly the dull corners.'],
  ['Samuel Adeyemi', 5, 0, 'none', '', 'Runs a choir of people who cannot sing. Yet.'],
  ['Hana Novak', 0, 3, 'bob', 'glasses', 'Translates instructions so that they can be followed.'],
  ['Diego Paredes', 2, 1, 'curls', 'beard', 'Builds boats from doors.'],
  ['Freya Macleod', 0, 3, 'curls', '', 'Lighthouse keeper, remotely.'],
  ['Yusuf Demir', 2, 0, 'short', 'beard', 'Has grown one very good lemon.'],
  ['Chloe Laurent', 1, 2, 'bun', '', 'Conducts crash tests on umbrellas.'],
  ['Kofi Mensah', 4, 6, 'short', 'glasses', 'Writes letters for people who would rather talk.'],
  ['Elena Petrova', 0, 2, 'long', '', 'Plays chess by post with eleven strangers.'],
  ['Mateus Silva', 4, 0, 'curls', 'glasses', 'Photographs shadows, sells the postcards.'],
  ['Noor Rahimi', 2, 6, 'bob', '', 'Dentist to the zoo.'],
  ['Anton Berger', 1, 5, 'none', 'glasses', 'Collects the last pages of notebooks.'],
  ['Zuri Kamau', 5, 6, 'bun', '', 'Marathon runner who hates running.'],
  ['William Hart', 0, 5, 'short', '', 'Knows every staircase of this town.'],
  ['Sofia Keller', 1, 4, 'long', 'glasses', 'Measures snow, waits for snow.'],
  ['Arjun Mehta', 3, 0, 'short', 'beard', 'Cooks for twelve, lives with two.'],
] as const;

/** 24 users. Clothes and backgrounds repeat in steps of different lengths, so that no two look alike. */
export const DEMO_USERS: DemoUser[] = CAST.map(([name, skin, hair, cut, extra, bio], at) => {
  const [firstName = '', lastName = ''] = name.split(' ');
  return {
    username: `${firstName}.${lastName}`.toLowerCase(),
    firstName,
    lastName,
    bio,
    look: {
      skin: pick(SKIN, skin),
      hair: { color: pick(HAIR, hair), cut },
      clothes: pick(CLOTHES, at * 3 + 1),
      wall: pick(WALLS, at * 5 + Math.floor(at / 6)),
      glasses: extra === 'glasses',
      beard: extra === 'beard',
      ...(at % 3 === 0 && { sun: pick(SUNS, at * 5 + Math.floor(at / 6)) }),
    },
  };
});

function pick<Item>(items: Item[], at: number): Item {
  const item = items[at % items.length];
  if (item === undefined) throw new RangeError('The list is empty.');
  return item;
}
