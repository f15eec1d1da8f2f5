import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface UserDataArgs {
  region: string;
  /** S3 location of the tarball, and its SHA-256 in hex. */
  release: { bucket: string; key: string; hash: string };
  /** Environment of the API without its secrets. */
  environment: Record<string, string>;
  /** Secrets by the names of their environment variables; a new version replaces the instances. */
  secrets: { name: string; arn: string; versionId: string }[];
  /** Log group of the API. */
  logGroup: string;
}

/** Returns the start script of an instance, which installs the release and starts it with systemd. */
export function userData(args: UserDataArgs): string {
  const { region, release, environment, secrets, logGroup } = args;
  const home = `/opt/portrait/${release.hash.slice(0, 16)}`;
  const fetches = secrets.map(
    ({ name, arn, versionId }) => `  fetch ${name} '${arn}' # version ${versionId}`,
  );
  return render('user-data.sh', {
    home,
    region,
    releaseUrl: `s3://${release.bucket}/${release.key}`,
    releaseHash: release.hash,
    environment: environmentFile({ ...environment, AWS_REGION: region }),
    secrets: render('secrets.sh', { region, fetches: fetches.join('\n') }),
    unit: render('portrait.service', { home }),
    logs: render('logs.json', { logGroup }),
  });
}

/** Formats a systemd environment file. Inside double quotes, only these four characters need escaping. */
const environmentFile = (environment: Record<string, string>) =>
  Object.entries(environment)
    .map(([name, value]) => `${name}="${value.replace(/["\\`$]/g, '\\$&')}"`)
    .join('\n');

/**
 * Renders a template of `instance/`, replacing its `{{placeholders}}`.
 *
 * @throws RangeError if a placeholder has no value
 */
function render(file: string, values: Record<string, string>): string {
  const text = readFileSync(join(import.meta.dirname, 'instance', file), 'utf8').trimEnd();
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${file} has no value for {{${name}}}.`);
    return value;
  });
}
