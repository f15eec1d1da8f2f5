import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a machine's start script is made of. */
export interface InstanceFacts {
  region: string;
  /** The tarball: bucket, key and SHA-256 in hex. */
  release: { bucket: string; key: string; hash: string };
  /** Settings of the API that are no secret. */
  settings: Record<string, string>;
  /** Secrets by the settings they are; another version makes another machine. */
  secrets: { name: string; arn: string; versionId: string }[];
  /** Log group that the API's log is sent to. */
  logGroup: string;
}

/** What a machine does when it is new: install the release, and have systemd run it. */
export function userData({ region, release, settings, secrets, logGroup }: InstanceFacts): string {
  const home = `/opt/portrait/${release.hash.slice(0, 16)}`;
  const fetches = secrets.map(
    ({ name, arn, versionId }) => `  fetch ${name} '${arn}' # version ${versionId}`,
  );
  return fill('user-data.sh', {
    home,
    region,
    releaseUrl: `s3://${release.bucket}/${release.key}`,
    releaseHash: release.hash,
    settings: environmentFile({ ...settings, AWS_REGION: region }),
    secrets: fill('secrets.sh', { region, fetches: fetches.join('\n') }),
    unit: fill('portrait.service', { home }),
    logs: fill('logs.json', { logGroup }),
  });
}

/** Settings as systemd reads them: in quotes, where only these four mean something. */
function environmentFile(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}="${value.replace(/["\\`$]/g, '\\$&')}"`)
    .join('\n');
}

/**
 * A file of `instance/` with its `{{places}}` filled.
 *
 * @throws when a place has no value
 */
function fill(file: string, values: Record<string, string>): string {
  const text = readFileSync(join(import.meta.dirname, 'instance', file), 'utf8').trimEnd();
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_place, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${file} wants ${name}.`);
    return value;
  });
}
