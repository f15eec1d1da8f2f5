import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { REPOSITORY, temporaryFolder } from '../../support/postgres.ts';

/** Folder of fake programs, which record their calls and then run the given shell script. */
let bin: string;
beforeEach(async () => {
  bin = await temporaryFolder();
  await fake('npm', '');
  await fake('pulumi', '');
});

async function fake(name: string, behavior: string) {
  const script = `#!/bin/sh\necho "$PWD: ${name} $*" >> '${bin}/calls'\n${behavior}\n`;
  await writeFile(join(bin, name), script);
  await chmod(join(bin, name), 0o755);
}

async function deploy(...options: string[]) {
  const script = join(REPOSITORY, 'tools/bundle/deploy.ts');
  const env = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
  const run = promisify(execFile);
  const args = ['--experimental-strip-types', script, ...options];
  const { code, stderr } = await run(process.execPath, args, { env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (failure: { code: number; stderr: string }) => failure,
  );
  const calls = await readFile(join(bin, 'calls'), 'utf8').catch(() => '');
  const lines = calls.replaceAll(REPOSITORY, '').split('\n');
  return { code, stderr, calls: lines.filter((line) => line && !/ (version|whoami)/.test(line)) };
}

test('bundles the artifacts, then runs pulumi up with the options given', async () => {
  const { code, calls } = await deploy('--stack', 'live', '--yes');

  expect(code).toBe(0);
  expect(calls).toEqual([': npm run bundle', ': pulumi --cwd /pulumi up --stack live --yes']);
});

test('passes other commands to Pulumi without bundling', async () => {
  const { calls } = await deploy('config', 'set', 'domain', 'photos.example.org');

  expect(calls).toEqual([': pulumi --cwd /pulumi config set domain photos.example.org']);
});

test('reports before bundling that Pulumi cannot start, with the message of Pulumi', async () => {
  await fake('pulumi', 'echo "pulumi: fetch failed" >&2; exit 1');

  const { code, stderr, calls } = await deploy();

  expect(code).toBe(1);
  expect(stderr).toMatch(/^pulumi: fetch failed\nPulumi cannot start\. .*get\.pulumi\.com\.$/m);
  expect(calls).toEqual([]);
});

test('reports before bundling that Pulumi is not logged in', async () => {
  await fake('pulumi', 'if [ "$3" = whoami ]; then echo "error: not logged in" >&2; exit 255; fi');

  const { code, stderr, calls } = await deploy();

  expect(code).toBe(1);
  expect(stderr).toContain('pulumi login');
  expect(stderr).toContain('error: not logged in');
  expect(calls).toEqual([]);
});

test('deploys nothing when the bundle fails', async () => {
  await fake('npm', 'exit 3');

  const { code, stderr, calls } = await deploy();

  expect(code).toBe(3);
  expect(stderr).toContain('"npm run bundle" failed with 3.');
  expect(calls).toEqual([': npm run bundle']);
});

test('exits with the exit code of Pulumi', async () => {
  await fake('pulumi', '[ "$3" = up ] && exit 255; exit 0');

  expect((await deploy()).code).toBe(255);
});
