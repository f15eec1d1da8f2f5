import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/**
 * Gives this process its own directory for temporary files, so that files of other processes are not counted.
 * Call it before the product starts.
 */
export async function isolateTemporaryUploads() {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-uploads-'));
  vi.stubEnv('TMPDIR', folder);
  return {
    /** Names of the uploads buffered on disk. */
    files: async () => (await readdir(folder)).filter((name) => name.startsWith('capacitor-')),
    /** Call after the product has closed. */
    close: () => rm(folder, { recursive: true }),
  };
}
