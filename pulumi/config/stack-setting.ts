import type { Setting } from '../../contract/config/setting.ts';

/** One setting of the stack (`pulumi config set`): what it is for, and how its text is read. */
export interface StackSetting<T, Fallback = T> {
  schema: Setting<T>;
  /** Its value when the stack does not set it. */
  fallback: Fallback;
  /** What its number counts; absent for words and lists of them. */
  unit?: string;
  /** One sentence. */
  meaning: string;
  /** Its text must not be shown. */
  isSecret?: true;
}

export const stackSetting = <T>(
  schema: Setting<T>,
  about: { fallback: NoInfer<T>; meaning: string; unit?: string },
): StackSetting<T> => ({ schema, ...about });

/** A setting without a default. */
export const optional = (
  schema: Setting<string>,
  about: Pick<StackSetting<string>, 'meaning' | 'isSecret'>,
): StackSetting<string, undefined> => ({ schema, fallback: undefined, ...about });

export const list = (
  schema: Setting<string[]>,
  about: Pick<StackSetting<string[]>, 'meaning' | 'isSecret'>,
): StackSetting<string[]> => ({ schema, fallback: [], ...about });
