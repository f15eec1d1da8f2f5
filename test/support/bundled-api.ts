import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './postgres.ts';
import { freePorts } from './process.ts';

/** The machine the tests run on: its artifacts can be run here. */
export const ARCH = process.arch === 'arm64' ? 'arm64' : 'x64';

/** Runs `npm run bundle` for this machine, in a time zone and with a umask that are not everybody's. */
export async function bundleArtifacts(into: string) {
  const run = join(REPOSITORY, 'tools/bundle/run.ts');
  const bundle = `umask 077 && exec "$0" --experimental-strip-types "$1" --arch ${ARCH} --into "$2"`;
  const env = { ...process.env, TZ: 'Asia/Tokyo' };
  const words = ['-c', bundle, process.execPath, run, into];
  const { stdout } = await promisify(execFile)('sh', words, { env });
  return { zip: join(into, 'function.zip'), tarball: join(into, 'api.tar.gz'), stdout };
}

/** Unpacks the API into a clean folder, as a machine does at its first start. */
export async function unpackApi(tarball: string, folder: string) {
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('tar', ['-xzf', tarball, '-C', folder, '--no-same-owner']);
}

/** Starts the unpacked API with its own Node, and nothing in the environment but these. */
export async function startApi(folder: string, env: Record<string, string>) {
  const port = await freePorts();
  const child = spawn(join(folder, 'bin', 'node'), ['dist/main.js'], {
    cwd: folder,
    env: { PORT: String(port), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const exit = once(child, 'close');
  const ready = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
        if (printed.includes('Portrait is ready.')) resolve(true);
      });
    }
    exit.then(() => resolve(false));
  });
  const isReady = await ready;

  return {
    url: `http://127.0.0.1:${port}`,
    isReady,
    printed: () => printed,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
