import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Creates a directory atomically: fills it under a temporary name, then renames it. If the process is killed, the next
 * success removes the temporary directory. Of concurrent callers the first wins, and the others use its directory.
 *
 * @param proof file without which an existing directory counts as missing
 */
export async function createDirectoryAtomically(
  directory: string,
  proof: string,
  fill: (temporary: string) => Promise<unknown>,
) {
  const isComplete = () =>
    stat(join(directory, proof)).then(
      () => true,
      () => false,
    );
  if (await isComplete()) return;

  const temporary = await mkdtemp(`${directory}.new-`);
  try {
    await fill(temporary);
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // A concurrent caller that succeeded first may have removed our temporary directory.
    if (!(await isComplete())) throw error;
  }
  const names = await readdir(dirname(directory));
  const leftovers = names.filter((name) => name.startsWith(`${basename(directory)}.new-`));
  const remove = (name: string) =>
    rm(join(dirname(directory), name), { recursive: true, force: true });
  await Promise.allSettled(leftovers.map(remove));
}
