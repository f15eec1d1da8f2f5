import * as z from 'zod/mini';

/** Reports a mistake in a variable; the message follows its name. */
export type Report<Env> = (name: keyof Env & string, message: string) => void;

/** Variables that are set. An empty variable, as `.env` files and CI leave it, counts as not set. */
export const givenVariables = (
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim())),
  );

/** A schema with checks of variables that depend on each other. They also run when single variables are invalid. */
export function checkedTogether<Env extends object>(
  schema: z.ZodMiniType<Env>,
  check: (env: Env, report: Report<Env>) => void,
): z.ZodMiniType<Env> {
  return schema.check(
    z.check(
      ({ value, issues }) =>
        check(value, (name, message) =>
          issues.push({ code: 'custom', path: [name], message, input: value }),
        ),
      { when: () => true },
    ),
  );
}

/**
 * Reads variables by a schema.
 *
 * @throws one error that lists every mistake by the name of its variable, without any value: some are secrets
 */
export function readEnvironment<Env>(
  schema: z.ZodMiniType<Env>,
  given: Record<string, string>,
): Env {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message, code }) => {
    const isMissing = code === 'invalid_type' && !(String(path[0]) in given);
    return `${path.join('.')} ${isMissing ? 'must be set' : message}`;
  });
  throw new Error(`Invalid environment:\n  ${mistakes.join('\n  ')}`);
}
