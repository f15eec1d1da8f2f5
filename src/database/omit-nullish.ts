/** Returns the fields of an input that are neither absent nor null; both mean "leave unchanged". */
export function omitNullish<Input extends object>(input: Input) {
  const entries = Object.entries(input).filter(([, value]) => value != null);
  return Object.fromEntries(entries) as { [Field in keyof Input]?: NonNullable<Input[Field]> };
}
