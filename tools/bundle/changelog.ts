/**
 * Part of `npm run release`, which is `npm version`: npm requires a clean tree, sets the version in package.json and
 * package-lock.json, runs this program, which moves the unreleased changes under that version, commits and tags.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { exit, stderr } from 'node:process';
import { parseArgs } from 'node:util';

const UNRELEASED = '## [Unreleased]\n';

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const changes = changelog.split(UNRELEASED)[1]?.split(/^## /m)[0]?.trim();
if (!changes) {
  stderr.write('Nothing to release: CHANGELOG.md has no changes under "## [Unreleased]".\n');
  exit(1);
}

// `preversion` runs it with --check before npm changes anything, so that a rejected release leaves nothing behind.
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
if (!values.check) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const today = new Date().toISOString().slice(0, 10);
  const released = changelog.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${today}\n`);
  writeFileSync('CHANGELOG.md', released);
}
