/** Whether PostgreSQL can store the string unchanged: it rejects U+0000, and UTF-8 cannot encode lone surrogates. */
export const isStorableText = (value: string) => !value.includes('\0') && value.isWellFormed();
