import { RunError } from '@pulumi/pulumi';
import { FOLDERS } from '../contract/contract.ts';
import type { Option } from './options/kinds.ts';
import { OPTIONS } from './options/table.ts';

/** Every option, read and checked. */
export type Options = {
  readonly [Name in keyof typeof OPTIONS]: (typeof OPTIONS)[Name] extends Option<infer T>
    ? T
    : never;
};

/**
 * Reads the options of a stack.
 *
 * @param config everything set with `pulumi config set`, as `project:name`
 * @throws one error that lists all that is wrong, before anything is made
 */
export function readOptions(project: string, config: Readonly<Record<string, string>>): Options {
  const given = ownValues(project, config);
  const mistakes = Object.keys(given)
    .filter((name) => !(name in OPTIONS))
    .map((name) => `${name} is no option; Pulumi.yaml lists those that are.`);

  const entries = Object.entries<Option<unknown>>(OPTIONS).map(([name, option]) => {
    const text = given[name];
    const value = text ? option.read(text) : option.fallback;
    if (text && value === undefined) {
      mistakes.push(`${name} must be ${option.must}${option.isSecret ? '' : `, not "${text}"`}.`);
    }
    return [name, value] as const;
  });
  // The table says the type of each: every value is its fallback or what its `read` gave.
  const options = Object.fromEntries(entries) as Options;

  if (mistakes.length === 0) mistakes.push(...checkTogether(options));
  if (mistakes.length > 0) throw new RunError(`Bad options:\n  ${mistakes.join('\n  ')}`);
  return options;
}

/** What is the project's own; an empty text means: not set. */
function ownValues(project: string, config: Readonly<Record<string, string>>) {
  const prefix = `${project}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), text.trim()]));
}

function checkTogether(options: Options): string[] {
  const { domain, hostedZoneId, certificateArn, imageFolder, temporaryFolder } = options;
  const folders = [imageFolder, temporaryFolder, FOLDERS.staged];
  const checks: [boolean, string][] = [
    [options.minInstances > options.maxInstances, 'minInstances must not exceed maxInstances.'],
    [
      Boolean(options.authIssuer) !== Boolean(options.authAudience),
      'authIssuer and authAudience go together; set both or neither.',
    ],
    [
      Boolean(domain) !== Boolean(hostedZoneId || certificateArn),
      'domain needs hostedZoneId or certificateArn, and they need domain.',
    ],
    [
      options.bucketSettings.length > 0 && !options.existingBucket,
      'bucketSettings is about existingBucket, which is not set.',
    ],
    // An upload starts the function: pictures put among uploads would start it for ever.
    [
      new Set(folders).size < folders.length,
      `imageFolder, temporaryFolder and ${FOLDERS.staged} must differ.`,
    ],
  ];
  return checks.flatMap(([isWrong, mistake]) => (isWrong ? [mistake] : []));
}
