import { PHOTO_SETTINGS } from './photo-settings.ts';

/** Environment variables of the image function. */
export const FUNCTION_ENV = Object.keys(PHOTO_SETTINGS) as (keyof typeof PHOTO_SETTINGS)[];

/** Environment of every process of the image function, on AWS and on a laptop. */
export const PROCESS_ENV = {
  /** One malloc arena: with one per thread, glibc holds 247 MiB after eight photos instead of 180. */
  MALLOC_ARENA_MAX: '1',
} as const;
