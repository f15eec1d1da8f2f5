import { distance } from 'fastest-levenshtein';

/** Shorter names resemble too many others: HOME and HOST, PATH and PORT. */
const MIN_LENGTH = 6;

/**
 * Names that are one or two letters away from a known one, which is not set itself.
 *
 * @returns each with the name that is probably meant
 */
export function similarNames(
  names: readonly string[],
  known: readonly string[],
): [name: string, meant: string][] {
  const unknown = names.filter((name) => !known.includes(name) && name.length >= MIN_LENGTH);
  return unknown.flatMap((name) => {
    const most = name.length < 10 ? 1 : 2;
    const meant = known.find((one) => !names.includes(one) && distance(name, one) <= most);
    return meant ? [[name, meant] as [string, string]] : [];
  });
}
