/** The fields a client really gave: absent and null both mean "leave it as it is". */
export function omitNullish<Input extends object>(input: Input) {
  const entries = Object.entries(input).filter(([, value]) => value != null);
  return Object.fromEntries(entries) as { [Field in keyof Input]?: NonNullable<Input[Field]> };
}
