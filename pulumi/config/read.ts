import { RunError } from '@pulumi/pulumi';
import { foldersClash } from '../../contract/config/photo-settings.ts';
import { mustBe, readSetting } from '../../contract/config/setting.ts';
import { FOLDERS } from '../../contract/keys.ts';
import { STACK_SETTINGS } from './settings.ts';
import type { StackSetting } from './stack-setting.ts';

/** The config of a stack, read and checked. */
export type StackConfig = {
  readonly [Name in keyof typeof STACK_SETTINGS]: (typeof STACK_SETTINGS)[Name] extends StackSetting<
    infer T,
    infer Fallback
  >
    ? T | Fallback
    : never;
};

/**
 * Reads the config of a stack.
 *
 * @param values everything set with `pulumi config set`, as `project:name`
 * @throws RunError that lists all mistakes, before any resource is created
 */
export function readStackConfig(
  project: string,
  values: Readonly<Record<string, string>>,
): StackConfig {
  const given = projectValues(project, values);
  const mistakes = Object.keys(given)
    .filter((name) => !(name in STACK_SETTINGS))
    .map((name) => `${name} is unknown; Pulumi.yaml lists every setting.`);

  const entries = Object.entries<StackSetting<unknown>>(STACK_SETTINGS).map(([name, setting]) => {
    const text = given[name];
    const value = text ? readSetting(setting.schema, text) : setting.fallback;
    if (text && value === undefined) {
      mistakes.push(
        `${name} must be ${mustBe(setting.schema)}${setting.isSecret ? '' : `, not "${text}"`}.`,
      );
    }
    return [name, value] as const;
  });
  // Each value is the fallback or the result of the schema.
  const config = Object.fromEntries(entries) as StackConfig;

  if (mistakes.length === 0) mistakes.push(...checkCombinations(config));
  if (mistakes.length > 0) throw new RunError(`Invalid stack config:\n  ${mistakes.join('\n  ')}`);
  return config;
}

/** Returns the values of the project by name; an empty value counts as not set. */
function projectValues(project: string, values: Readonly<Record<string, string>>) {
  const prefix = `${project}:`;
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), text.trim()]));
}

function checkCombinations(config: StackConfig): string[] {
  const { domain, hostedZoneId, certificateArn, imageFolder, temporaryFolder } = config;
  const checks: [boolean, string][] = [
    [config.minInstances > config.maxInstances, 'minInstances must not exceed maxInstances.'],
    [
      Boolean(config.authIssuer) !== Boolean(config.authAudience),
      'authIssuer and authAudience must be set together.',
    ],
    [
      Boolean(domain) !== Boolean(hostedZoneId || certificateArn),
      'domain requires hostedZoneId or certificateArn, and vice versa.',
    ],
    [
      config.bucketSettings.length > 0 && !config.existingBucket,
      'bucketSettings requires existingBucket, which is not set.',
    ],
    [
      foldersClash(imageFolder, temporaryFolder),
      `imageFolder, temporaryFolder and ${FOLDERS.staged} must differ.`,
    ],
  ];
  return checks.flatMap(([isWrong, mistake]) => (isWrong ? [mistake] : []));
}
