import type * as z from 'zod/mini';
import { similarNames } from './similar-names.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that are set. An empty variable, as `.env` files and CI leave it, counts as not set. */
export const givenVariables = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim())),
  );

/**
 * Reads variables by a schema.
 *
 * @throws one error that lists every mistake by the name of its variable, without any value: some are secrets
 */
export function readEnvironment<T>(schema: z.core.$ZodType<T>, given: Record<string, string>): T {
  const result = (schema as z.ZodMiniType<T>).safeParse(given);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message, code }) => {
    const isMissing = code === 'invalid_type' && !(String(path[0]) in given);
    return `${path.join('.')} ${isMissing ? 'must be set' : message}`;
  });
  throw new Error(`Invalid environment:\n  ${mistakes.join('\n  ')}`);
}

/** A warning for each variable that looks like a misspelled setting: its value has no effect. */
export const misspelled = (env: Environment, known: readonly string[]): string[] =>
  similarNames(Object.keys(givenVariables(env)), known).map(
    ([name, meant]) => `The variable ${name} is not known. Is ${meant} meant?`,
  );
