import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './postgres.ts';

/** Launch options of a browser for Playwright. */
export interface Chromium {
  executablePath: string;
  /** Added to the environment of the tests. */
  env: Record<string, string>;
}

const PACKAGE = join(REPOSITORY, 'node_modules', '@sparticuz', 'chromium', 'package.json');

/**
 * Finds an installed Chromium (CHROMIUM_PATH), or unpacks the one from npm into a directory named by its version. Called once,
 * before all tests: concurrent calls could start a partially unpacked browser.
 *
 * @returns undefined if npm has none for this platform
 */
export async function findChromium(): Promise<Chromium | undefined> {
  const { CHROMIUM_PATH: installed } = process.env;
  if (installed) return { executablePath: installed, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;

  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'));
  const folder = join(REPOSITORY, 'dist', 'chromium', version);
  if (!existsSync(folder)) await unpack(folder);
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      // Bundled fonts if none are installed.
      ...(!existsSync('/etc/fonts') && { FONTCONFIG_PATH: join(folder, 'fonts') }),
    },
  };
}

/**
 * Unpacks atomically. The package itself unpacks into the temporary directory, and includes libraries that a minimal Linux
 * lacks only if it believes to run on Lambda.
 */
async function unpack(folder: string) {
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const { TMPDIR, AWS_EXECUTION_ENV, LD_LIBRARY_PATH, FONTCONFIG_PATH } = process.env;
  Object.assign(process.env, { TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' });
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();
  } finally {
    restore({ TMPDIR, AWS_EXECUTION_ENV, LD_LIBRARY_PATH, FONTCONFIG_PATH });
  }
  await rename(draft, folder);
}

function restore(given: Record<string, string | undefined>) {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
