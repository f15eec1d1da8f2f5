import { mustBe } from '../../contract/config/setting.ts';
import type { StackSetting } from '../../pulumi/config/stack-setting.ts';

/** The options as Pulumi.yaml lists them. */
export function describeStackConfig(options: Record<string, StackSetting<unknown>>): string {
  const entries = Object.entries(options).map(([name, option]) => {
    const { schema, fallback, unit, meaning, isSecret } = option;
    const kind = `Must be ${mustBe(schema)}${unit ? ` (${unit})` : ''}.`;
    const how = isSecret ? ' Set it with --secret.' : '';
    return [
      `  ${name}:`,
      `    description: ${JSON.stringify(`${meaning} ${kind}${how}`)}`,
      `    default: ${JSON.stringify(fallback === undefined ? '' : String(fallback))}`,
    ].join('\n');
  });
  return ['  # Options of a stack: pulumi config set name value', ...entries, ''].join('\n');
}
