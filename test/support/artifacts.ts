import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a program cannot do without; it only looks at the bytes. */
const NEEDED = { 'aws/function.zip': 'zip', 'aws/api.tar.gz': 'tarball' };

/**
 * Artifacts to deploy, as small as can be; real ones take minutes to make.
 *
 * @param files more of them, or others, by their path
 */
export function writeArtifacts(files: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'portrait-artifacts-'));
  const write = (all: Record<string, string>) => {
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  write({ ...NEEDED, ...files });
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
