import { ValidateBy } from 'class-validator';
import { preparePassword } from './canonical.ts';

/** The 49,000 most common passwords in data breaches, in lower case. */
let list: Promise<ReadonlySet<string>> | undefined;

/** Whether a password is on the list, ignoring case. */
async function isCommon(password: string): Promise<boolean> {
  // Loaded when the first password is set: it takes 35 ms.
  list ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  );
  return (await list).has(preparePassword(password).toLowerCase());
}

/** Rejects the most common passwords. */
export const IsUncommonPassword = () =>
  ValidateBy({
    name: 'isUncommonPassword',
    validator: {
      validate: async (value) => typeof value !== 'string' || !(await isCommon(value)),
      defaultMessage: () =>
        'is one of the passwords that are guessed first; choose another, such as three words of your own',
    },
  });
