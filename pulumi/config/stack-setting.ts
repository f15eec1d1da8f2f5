import type { Setting } from '../../contract/config/setting.ts';

/** A setting of the stack (`pulumi config set`). */
export interface StackSetting<T, Fallback = T> {
  schema: Setting<T>;
  /** Value if the stack does not set it. */
  fallback: Fallback;
  /** Unit of a number. */
  unit?: string;
  /** Description in one sentence. */
  meaning: string;
  /** Secret values are never printed. */
  isSecret?: true;
}

export const stackSetting = <T>(
  schema: Setting<T>,
  about: Omit<StackSetting<T, NoInfer<T>>, 'schema'>,
): StackSetting<T> => ({ schema, ...about });

/** A setting without a default. */
export const optional = (
  schema: Setting<string>,
  meaning: string,
): StackSetting<string, undefined> => ({ schema, fallback: undefined, meaning });

export const optionalSecret = (
  schema: Setting<string>,
  meaning: string,
): StackSetting<string, undefined> => ({ ...optional(schema, meaning), isSecret: true });
