import { distance } from 'fastest-levenshtein';

/** Shorter names resemble too many others: HOME and HOST, PATH and PORT. */
const MIN_LENGTH = 6;

/** A warning for each variable that is one or two letters away from a setting that is not set: it has no effect. */
export const misspelled = (names: readonly string[], known: readonly string[]): string[] =>
  names
    .filter((name) => !known.includes(name) && name.length >= MIN_LENGTH)
    .flatMap((name) => {
      const most = name.length < 10 ? 1 : 2;
      const meant = known.find((one) => !names.includes(one) && distance(name, one) <= most);
      return meant ? [`The variable ${name} is not known. Is ${meant} meant?`] : [];
    });
