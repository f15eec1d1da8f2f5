import { useCallback } from 'react';
import { useSearchParams } from 'wouter';
import type { UsersQueryVariables } from '../generated/graphql.ts';

/** Labels of the filter options, by their values in the address. */
export const PHOTOS = {
  any: 'Everyone',
  with: 'With photo',
  without: 'Without photo',
};
export const ROLES = { any: 'All roles', USER: 'Users', ADMIN: 'Admins' };
export const SORTS = { newest: 'Newest first', oldest: 'Oldest first', az: 'A to Z', za: 'Z to A' };

/** Which users to show, and in which order. */
export interface Filters {
  search: string;
  photo: keyof typeof PHOTOS;
  role: keyof typeof ROLES;
  sort: keyof typeof SORTS;
}

const DEFAULTS: Filters = { search: '', photo: 'any', role: 'any', sort: 'newest' };

/** Reads and changes the filters in the address, where a reload, a bookmark and the back button keep them. */
export function useFilters() {
  const [params, setParams] = useSearchParams();
  const filters: Filters = {
    search: params.get('search') ?? '',
    photo: oneOf(PHOTOS, params.get('photo')) ?? DEFAULTS.photo,
    role: oneOf(ROLES, params.get('role')) ?? DEFAULTS.role,
    sort: oneOf(SORTS, params.get('sort')) ?? DEFAULTS.sort,
  };
  const changeFilters = useCallback(
    (change: Partial<Filters>) =>
      setParams(
        (current) => {
          for (const [name, value] of Object.entries(change)) {
            if (value === DEFAULTS[name as keyof Filters]) current.delete(name);
            else current.set(name, value);
          }
          return current;
        },
        { replace: true },
      ),
    [setParams],
  );
  return { filters, changeFilters, isDefault: params.size === 0 };
}

const oneOf = <Options extends object>(options: Options, value: string | null) =>
  value !== null && Object.hasOwn(options, value) ? (value as keyof Options) : undefined;

/** Converts the filters to variables of the query. */
export const toVariables = ({ search, photo, role, sort }: Filters): UsersQueryVariables => ({
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
