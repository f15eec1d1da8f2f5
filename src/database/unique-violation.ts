import { UniqueConstraintViolationException } from '@mikro-orm/postgresql';

/** The unique index that a write ran into, by its name; undefined for every other error. */
export const takenIndex = (error: unknown): string | undefined =>
  error instanceof UniqueConstraintViolationException &&
  'constraint' in error &&
  typeof error.constraint === 'string'
    ? error.constraint
    : undefined;
