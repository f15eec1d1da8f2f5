import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/**
 * A folder of its own for what this process writes to the system's folder of temporary files, so that what others
 * leave there is not counted. Before the product starts.
 */
export async function isolateTemporaryUploads() {
  const folder = await mkdtemp(join(tmpdir(), 'portrait-spool-'));
  vi.stubEnv('TMPDIR', folder);
  return {
    /** Uploads that are written to disk. */
    files: async () => (await readdir(folder)).filter((name) => name.startsWith('capacitor-')),
    /** After the product has closed. */
    close: () => rm(folder, { recursive: true }),
  };
}
