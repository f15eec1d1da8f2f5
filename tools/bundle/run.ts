/** `npm run bundle`: builds the artifacts of a deployment in `dist/aws/` and `dist/web/`; `-- --arch x64` for Intel and AMD instead of Graviton. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleApi } from './api.ts';
import { bundleFunctions } from './function.ts';
import { linux } from './lock.ts';

const ROOT = join(import.meta.dirname, '../..');

try {
  const { arch, into } = readArguments();
  const machine = linux(arch);
  const zip = join(into, 'function.zip');
  const tarball = join(into, 'api.tar.gz');
  const work = join(ROOT, 'dist', 'deployed', arch);
  await Promise.all([
    bundleFunctions(zip, join(work, 'function'), machine),
    bundleApi(tarball, join(work, 'api'), machine),
  ]);
  for (const file of [zip, tarball]) process.stdout.write(`${await describe(file)}\n`);
  const shell = process.platform === 'win32';
  execFileSync('npm', ['run', 'web'], { cwd: ROOT, stdio: 'inherit', shell });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: 'arm64' },
      into: { type: 'string', default: join(ROOT, 'dist', 'aws') },
    },
  });
  const { arch, into } = values;
  if (arch !== 'arm64' && arch !== 'x64') {
    throw new Error(`--arch must be arm64 or x64, not "${arch}".`);
  }
  return { arch, into } as const;
}

async function describe(file: string) {
  const bytes = await readFile(file);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return `${file}  ${(bytes.length / 1e6).toFixed(1)} MB  sha256 ${hash}`;
}
