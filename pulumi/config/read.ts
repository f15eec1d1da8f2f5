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
 * @throws one error that lists all that is wrong, before anything is made
 */
export function readStackConfig(
  project: string,
  values: Readonly<Record<string, string>>,
): StackConfig {
  const given = ownValues(project, values);
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
  // Each value is its fallback, or what its schema returned.
  const config = Object.fromEntries(entries) as StackConfig;

  if (mistakes.length === 0) mistakes.push(...checkTogether(config));
  if (mistakes.length > 0) throw new RunError(`Invalid stack config:\n  ${mistakes.join('\n  ')}`);
  return config;
}

/** What is the project's own; an empty text means: not set. */
function ownValues(project: string, values: Readonly<Record<string, string>>) {
  const prefix = `${project}:`;
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), text.trim()]));
}

function checkTogether(config: StackConfig): string[] {
  const { domain, hostedZoneId, certificateArn, imageFolder, temporaryFolder } = config;
  const checks: [boolean, string][] = [
    [config.minInstances > config.maxInstances, 'minInstances must not exceed maxInstances.'],
    [
      Boolean(config.authIssuer) !== Boolean(config.authAudience),
      'authIssuer and authAudience go together; set both or neither.',
    ],
    [
      Boolean(domain) !== Boolean(hostedZoneId || certificateArn),
      'domain needs hostedZoneId or certificateArn, and they need domain.',
    ],
    [
      config.bucketSettings.length > 0 && !config.existingBucket,
      'bucketSettings is about existingBucket, which is not set.',
    ],
    [
      foldersClash(imageFolder, temporaryFolder),
      `imageFolder, temporaryFolder and ${FOLDERS.staged} must differ.`,
    ],
  ];
  return checks.flatMap(([isWrong, mistake]) => (isWrong ? [mistake] : []));
}
