import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files that the program requires; it only reads their bytes. */
export const MINIMAL_ARTIFACTS = { 'aws/function.zip': 'zip', 'aws/api.tar.gz': 'tarball' };

/**
 * Writes minimal artifacts for a deployment; building real ones takes minutes.
 *
 * @param files additional or replaced files by path
 */
export function writeArtifacts(files: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'portrait-artifacts-'));
  const write = (all: Record<string, string>) => {
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  write({ ...MINIMAL_ARTIFACTS, ...files });
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
