/**
 * Part of `npm run release`, which is `npm version`: that wants a clean tree, sets the version in package.json and its
 * lock, has this put the changes under it, commits and tags.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit, stderr } from 'node:process';

const UNRELEASED = '## [Unreleased]\n';

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const changes = changelog.split(UNRELEASED)[1]?.split(/^## /m)[0]?.trim();
if (!changes) {
  stderr.write('CHANGELOG.md has nothing under "## [Unreleased]": there is nothing to release.\n');
  exit(1);
}

// Asked before anything is changed, too: a release that cannot be must leave nothing behind.
if (argv[2] !== '--check') {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const today = new Date().toISOString().slice(0, 10);
  const released = changelog.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${today}\n`);
  writeFileSync('CHANGELOG.md', released);
}
