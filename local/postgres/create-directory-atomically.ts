import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a folder whole or not at all: fills it under another name, then renames it. A kill half-way leaves only a draft,
 * which the next to succeed clears away; of several at once the first wins, and the others take its folder.
 *
 * @param proof file in the folder without which it counts as not made
 */
export async function makeWhole(
  folder: string,
  proof: string,
  fill: (draft: string) => Promise<unknown>,
) {
  const isWhole = () =>
    stat(join(folder, proof)).then(
      () => true,
      () => false,
    );
  if (await isWhole()) return;

  const draft = await mkdtemp(`${folder}.new-`);
  try {
    await fill(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // The first to succeed may have cleared our draft away under our hands.
    if (!(await isWhole())) throw error;
  }
  const names = await readdir(dirname(folder));
  const drafts = names.filter((name) => name.startsWith(`${basename(folder)}.new-`));
  const clear = (name: string) => rm(join(dirname(folder), name), { recursive: true, force: true });
  await Promise.allSettled(drafts.map(clear));
}
