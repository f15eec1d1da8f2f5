import { UniqueConstraintViolationException } from '@mikro-orm/postgresql';

/** Name of the unique index that a write violated; undefined for every other error. */
export const violatedIndex = (error: unknown): string | undefined =>
  error instanceof UniqueConstraintViolationException &&
  'constraint' in error &&
  typeof error.constraint === 'string'
    ? error.constraint
    : undefined;
