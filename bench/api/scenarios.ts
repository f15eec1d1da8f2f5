import type { Scenario } from './rounds.ts';

/** A random user with their profile. */
export const byId = (clients = 64): Scenario => ({
  label: `a user by id, ${clients} clients`,
  query: 'user',
  clients,
  variables: ({ ids }) => ({ id: ids[Math.floor(Math.random() * ids.length)] }),
});

/** The newest users with their profiles. */
export const page = (first: number, clients = 64): Scenario => ({
  label: `${first} users, ${clients} clients`,
  query: 'users',
  clients,
  variables: () => ({ first }),
});
