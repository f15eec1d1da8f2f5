import { ValidateBy } from 'class-validator';
import { canonicalEmail, canonicalUsername, hasControls, preparePassword } from './canonical.ts';

/** Characters of a new password. Longer ones cost hashing time and protect nobody better. */
const PASSWORD = { min: 8, max: 200 };

/** Rejects a text that is not an e-mail address in any spelling. */
export const IsEmailAddress = () =>
  rule('isEmailAddress', 'must be an e-mail address of at most 254 characters', (text) =>
    Boolean(canonicalEmail(text)),
  );

/** Rejects a text that is not a username; spaces around it do not count. */
export const IsUsername = () =>
  rule(
    'isUsername',
    'must be 3 to 30 letters, digits, dots, dashes or underscores, with a letter or digit at both ends',
    (text) => Boolean(canonicalUsername(text)),
  );

/** Rejects a password that is too short or too long once it is prepared, or that contains control characters. */
export const IsNewPassword = () =>
  rule(
    'isNewPassword',
    `must be ${PASSWORD.min} to ${PASSWORD.max} characters, none of them a control character`,
    (text) => {
      const { length } = [...preparePassword(text)];
      return length >= PASSWORD.min && length <= PASSWORD.max && !hasControls(text);
    },
  );

const rule = (name: string, message: string, accepts: (text: string) => boolean) =>
  ValidateBy({
    name,
    validator: {
      validate: (value) => typeof value === 'string' && accepts(value),
      defaultMessage: () => message,
    },
  });
