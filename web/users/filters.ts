import { useCallback } from 'react';
import { useSearchParams } from 'wouter';
import type { UsersQueryVariables } from '../generated/graphql.ts';

/** Choices of the controls, in the words of the page, by their words in its address. */
export const PHOTOS = {
  any: 'Everybody',
  with: 'With photo',
  without: 'Without photo',
};
export const ROLES = { any: 'All roles', USER: 'Users', ADMIN: 'Admins' };
export const SORTS = { newest: 'Newest first', oldest: 'Oldest first', az: 'A to Z', za: 'Z to A' };

/** Whom to show and in which order. */
export interface Wishes {
  search: string;
  photo: keyof typeof PHOTOS;
  role: keyof typeof ROLES;
  sort: keyof typeof SORTS;
}

const DEFAULTS: Wishes = { search: '', photo: 'any', role: 'any', sort: 'newest' };

/** Wishes live in the address: a reload, a bookmark and the way back keep them. */
export function useWishes() {
  const [params, setParams] = useSearchParams();
  const wishes: Wishes = {
    search: params.get('search') ?? '',
    photo: oneOf(PHOTOS, params.get('photo')) ?? DEFAULTS.photo,
    role: oneOf(ROLES, params.get('role')) ?? DEFAULTS.role,
    sort: oneOf(SORTS, params.get('sort')) ?? DEFAULTS.sort,
  };
  const wish = useCallback(
    (change: Partial<Wishes>) =>
      setParams(
        (now) => {
          for (const [name, value] of Object.entries(change)) {
            if (value === DEFAULTS[name as keyof Wishes]) now.delete(name);
            else now.set(name, value);
          }
          return now;
        },
        { replace: true },
      ),
    [setParams],
  );
  return { wishes, wish, isPlain: params.size === 0 };
}

const oneOf = <Choices extends object>(choices: Choices, value: string | null) =>
  value !== null && Object.hasOwn(choices, value) ? (value as keyof Choices) : undefined;

/** The same in the words of the API. */
export const toVariables = ({ search, photo, role, sort }: Wishes): UsersQueryVariables => ({
  first: 30,
  filter: {
    ...(search && { search }),
    ...(photo !== 'any' && { hasPhoto: photo === 'with' }),
    ...(role !== 'any' && { role }),
  },
  order: {
    by: sort === 'az' || sort === 'za' ? 'USERNAME' : 'CREATED_AT',
    direction: sort === 'az' || sort === 'oldest' ? 'ASC' : 'DESC',
  },
});
