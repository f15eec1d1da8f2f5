import type { Option } from '../../pulumi/options/kinds.ts';

/** The options as Pulumi.yaml lists them. */
export function describeOptions(options: Record<string, Option<unknown>>): string {
  const entries = Object.entries(options).map(([name, option]) => {
    const { fallback, unit, meaning, must, isSecret } = option;
    const kind = `Must be ${must}${unit ? ` (${unit})` : ''}.`;
    const how = isSecret ? ' Set it with --secret.' : '';
    return [
      `  ${name}:`,
      `    description: ${JSON.stringify(`${meaning} ${kind}${how}`)}`,
      `    default: ${JSON.stringify(fallback === undefined ? '' : String(fallback))}`,
    ].join('\n');
  });
  return ['  # Options of a stack: pulumi config set name value', ...entries, ''].join('\n');
}
