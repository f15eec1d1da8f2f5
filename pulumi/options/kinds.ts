/** One option of the stack: what it is for, and how its text is read. */
export interface Option<T> {
  /** Its value when the stack says nothing. */
  fallback: T;
  /** What its number counts; absent for words and lists of them. */
  unit?: string;
  /** One sentence. */
  meaning: string;
  /** What a value must be, in words that follow "must be". */
  must: string;
  /** Its value, undefined when the text is no such value. */
  read(text: string): T | undefined;
  /** Its text is shown to nobody. */
  isSecret?: true;
}

type Of<T> = Pick<Option<T>, 'meaning' | 'fallback'> & { unit?: string };
type Checked = Pick<Option<string>, 'meaning' | 'must' | 'isSecret'> & {
  isGood: (text: string) => boolean;
};
type Word = Pick<Option<string>, 'meaning' | 'must'> & { pattern: RegExp };

/** A number without fraction; both ends are taken. */
export const whole = (least: number, most: number, option: Of<number>): Option<number> => ({
  ...option,
  must: `a whole number from ${least} to ${most}`,
  read(text) {
    const value = Number(text);
    return /^\d{1,12}$/.test(text) && value >= least && value <= most ? value : undefined;
  },
});

/** `true` or `false`. */
export const flag = (option: Of<boolean>): Option<boolean> => ({
  ...option,
  must: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
});

/** One of a few words or numbers. */
export const oneOf = <T extends string | number>(
  values: readonly T[],
  option: Of<T>,
): Option<T> => ({
  ...option,
  must: `one of ${values.join(', ')}`,
  read: (text) => values.find((value) => String(value) === text),
});

/** Some of a few words, comma-separated, in the order of the list. */
export const someOf = <T extends string>(
  values: readonly T[],
  option: Of<readonly T[]>,
): Option<readonly T[]> => ({
  ...option,
  must: `different words of ${values.join(', ')}, comma-separated`,
  read(text) {
    const words = text.split(',').map((word) => word.trim());
    const known = values.filter((value) => words.includes(value));
    return known.length === words.length ? known : undefined;
  },
});

/** Up to eight different numbers, comma-separated, in the order they are given. */
export const wholes = (
  least: number,
  most: number,
  option: Of<readonly number[]>,
): Option<readonly number[]> => ({
  ...option,
  must: `at most 8 different whole numbers from ${least} to ${most}, comma-separated`,
  read(text) {
    const values = text.split(',').map((word) => Number(word.trim()));
    const isGood = (value: number) => Number.isInteger(value) && value >= least && value <= most;
    const isList = values.every(isGood) && values.length <= 8;
    return isList && new Set(values).size === values.length ? values : undefined;
  },
});

/** A word that has a default. */
export const word = (option: Word & { fallback: string }): Option<string> => ({
  ...option,
  read: (text) => (option.pattern.test(text) ? text : undefined),
});

/** A word that may be left out. */
export const optional = (option: Word & { isSecret?: true }): Option<string | undefined> =>
  checked({ ...option, isGood: (text) => option.pattern.test(text) });

/** A text that may be left out. */
export const checked = ({ isGood, ...option }: Checked): Option<string | undefined> => ({
  ...option,
  fallback: undefined,
  read: (text) => (isGood(text) ? text : undefined),
});

/** Texts, comma-separated, that may be left out. */
export const checkedList = ({ isGood, ...option }: Checked): Option<readonly string[]> => ({
  ...option,
  fallback: [],
  read(text) {
    const items = text.split(',').map((item) => item.trim());
    return items.every(isGood) ? items : undefined;
  },
});
