import * as z from 'zod/mini';

/** A setting: a text from the environment or the stack, and the value it stands for. */
export type Setting<T> = z.ZodMiniType<T, string>;

/** What the documentation says of a setting. */
interface Documentation {
  description: string;
  /** The default, where the schema has none. */
  absent?: string;
}

interface Kind<T> {
  /** What a value must be; follows "must be". */
  must: string;
  /** @returns undefined for a text that stands for no value */
  read(text: string): T | undefined;
  /** White space around the text belongs to it, as in a password. */
  isVerbatim?: true;
}

/** A setting of a kind. */
export function setting<T>({ must, read, isVerbatim }: Kind<T>): Setting<T> {
  const parse = z.transform((text: string, { issues }) => {
    const value = read(isVerbatim ? text : text.trim());
    if (value !== undefined) return value;
    issues.push({ code: 'custom', message: `must be ${must}`, input: text });
    return z.NEVER;
  });
  return z.pipe(z.string(), parse).register(z.globalRegistry, { must });
}

/** Adds what the documentation says of a setting. */
export const documented = <Schema extends z.core.$ZodType>(
  schema: Schema,
  { description, absent = '' }: Documentation,
): Schema => {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), description, absent });
  return schema;
};

/** What a value of a setting must be, in words. */
export const mustBe = (schema: Setting<unknown>): string =>
  String(z.globalRegistry.get(schema)?.must);

export const matching = (must: string, pattern: RegExp) =>
  setting({ must, read: (text) => (pattern.test(text) ? text : undefined) });

/** A whole number, both ends included. */
export const whole = (least: number, most: number) =>
  setting({
    must: `a whole number from ${least} to ${most}`,
    read: (text) => readWhole(text, least, most),
  });

/** Up to eight different whole numbers, ascending. */
export const wholes = (least: number, most: number) =>
  setting<number[]>({
    must: `at most 8 different whole numbers from ${least} to ${most}, comma-separated`,
    read(text) {
      const values = splitList(text).map((item) => readWhole(item, least, most));
      const numbers = values.filter((value) => value !== undefined);
      const isList = numbers.length === values.length && numbers.length <= 8;
      return isList && areDifferent(numbers) ? numbers.sort((a, b) => a - b) : undefined;
    },
  });

/** Some words of a list, in the order of the list. */
export const someOf = <T extends string>(words: readonly T[]) =>
  setting<T[]>({
    must: `different words of ${words.join(', ')}, comma-separated`,
    read(text) {
      const items = splitList(text);
      const known = words.filter((word) => items.includes(word));
      return known.length === items.length ? known : undefined;
    },
  });

export const oneOf = <const T extends string | number>(values: readonly T[]) =>
  setting({
    must: `one of ${values.join(', ')}`,
    read: (text) => values.find((value) => String(value) === text),
  });

export const flag = () =>
  setting({
    must: 'on or off (also true or false, 1 or 0)',
    read: (text) => FLAGS[text.toLowerCase()],
  });

/** An http or https URL, without slashes at its end. */
export const httpUrl = () =>
  setting({
    must: 'an http or https URL',
    read: (text) =>
      /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text.replace(/\/+$/, '') : undefined,
  });

/** A URL of a form, unchanged. */
export const urlMatching = (must: string, pattern: RegExp) =>
  setting({ must, read: (text) => (pattern.test(text) && URL.canParse(text) ? text : undefined) });

/** Items of a comma-separated list, each of which passes a test. */
export const listOf = (must: string, isValid: (item: string) => boolean) =>
  setting<string[]>({
    must,
    read(text) {
      const items = splitList(text);
      return items.every(isValid) ? items : undefined;
    },
  });

const FLAGS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  1: true,
  off: false,
  false: false,
  0: false,
};

const splitList = (text: string) => text.split(',').map((item) => item.trim());

const areDifferent = (values: readonly unknown[]) => new Set(values).size === values.length;

function readWhole(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^\d{1,15}$/.test(text) && value >= least && value <= most ? value : undefined;
}

/** @returns undefined for a text that stands for no value */
export function readSetting<T>(schema: Setting<T>, text: string): T | undefined {
  const result = schema.safeParse(text);
  return result.success ? result.data : undefined;
}
