import { ValidateBy } from 'class-validator';
import { preparePassword } from './canonical.ts';

/** The list itself, in lower case: 49,000 that were found most often in what was stolen elsewhere. */
let list: Promise<ReadonlySet<string>> | undefined;

/** Whether everybody who guesses begins with it, in whatever case. */
async function isCommon(password: string): Promise<boolean> {
  // Only where a password is set: it takes 35 ms to load.
  list ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  );
  return (await list).has(preparePassword(password).toLowerCase());
}

/** Refuses a password that is among the most common ones. */
export const IsUncommonPassword = () =>
  ValidateBy({
    name: 'isUncommonPassword',
    validator: {
      validate: async (value) => typeof value !== 'string' || !(await isCommon(value)),
      defaultMessage: () =>
        'is one of the passwords that are guessed first; choose another, such as three words of your own',
    },
  });
