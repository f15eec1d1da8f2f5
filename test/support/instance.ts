import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { create } from 'tar';

const run = promisify(execFile);

/** Directories that the boot script writes to; redirected to a directory of the test. */
const PLACES = /(?<![\w.$}])\/(?=(?:etc|opt|run|usr\/local|var)\/)/g;

/** Commands of the boot script that must not run here; replaced by ones that record their arguments. */
const STANDS_IN = ['useradd', 'systemctl', 'dnf'];

/**
 * An environment that runs the boot script of an instance, with redirected directories and a scripted `aws`.
 *
 * @param answers output of `aws` for each secret, by ARN
 */
export async function openInstance(answers: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'portrait-machine-'));
  const bin = join(root, 'bin');
  for (const folder of ['bin', 'etc/systemd/system', 'etc/logrotate.d', 'usr/local/sbin', 'run']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const calls = join(root, 'calls');
  const command = (name: string, code: string) =>
    writeFile(join(bin, name), `#!/bin/bash\necho ${name} "$@" >> '${calls}'\n${code}\n`, {
      mode: 0o755,
    });
  for (const name of STANDS_IN) await command(name, '');

  const release = join(root, 'release.tar.gz');
  await packRelease(root, release);
  const secrets = Object.entries(answers).map(
    ([arn, text]) => `*'${arn}'*) printf '%s\\n' '${text}' ;;`,
  );
  await command(
    'aws',
    // The last argument of `aws s3 cp` is the destination.
    `case "$*" in 's3 cp'*) cp '${release}' "\${@: -1}" ;; ${secrets.join(' ')} *) exit 1 ;; esac`,
  );

  return {
    /** SHA-256 of the release that `aws s3 cp` copies. */
    releaseHash: createHash('sha256')
      .update(await readFile(release))
      .digest('hex'),
    /** Runs a script as on the instance; rejects with its output if it fails. */
    async run(script: string) {
      const file = join(root, 'script');
      await writeFile(file, script.replace(PLACES, `${root}/`), { mode: 0o700 });
      await run('bash', [file], { env: { PATH: `${bin}:${process.env.PATH}` } });
    },
    /** Reads a file by its path on the instance. */
    read: async (path: string) =>
      (await readFile(join(root, path), 'utf8')).replaceAll(`${root}/`, '/'),
    calls: async () =>
      (await readFile(calls, 'utf8')).trim().replaceAll(`${root}/`, '/').split('\n'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Packs a tarball like that of `npm run bundle`, with a program and a Node that starts it. */
async function packRelease(root: string, file: string) {
  const cwd = join(root, 'release');
  await mkdir(join(cwd, 'dist'), { recursive: true });
  await mkdir(join(cwd, 'bin'), { recursive: true });
  await writeFile(join(cwd, 'dist', 'main.js'), '');
  await writeFile(join(cwd, 'bin', 'node'), '');
  await chmod(join(cwd, 'bin', 'node'), 0o755);
  await create({ cwd, file, gzip: true }, ['.']);
}

/** Parses an `EnvironmentFile=` as systemd does: quoted values with backslash escapes. */
export function readEnvironment(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([A-Z][A-Z0-9_]*)="((?:[^"\\]|\\.)*)"$/.exec(line) ?? [];
      if (name === '') throw new Error(`systemd would not read ${line}.`);
      return [name, value.replaceAll(/\\(.)/g, '$1')];
    }),
  );
}
