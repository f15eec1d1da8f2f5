import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = [
  'src',
  'lambda',
  'local',
  'pulumi',
  'artefacts',
  'doctor',
  'web',
  'demo',
  'import',
];

interface SourceFile {
  /** From the root: `src/users/user.ts`. */
  path: string;
  text: string;
  lines: number;
  /** What it imports: paths from the root for our own files, else the package's name. */
  imports: string[];
}

let files: SourceFile[];
beforeAll(async () => {
  files = await Promise.all((await sourcePaths()).map(readSource));
});

describe('who may import whom', () => {
  test('the image function imports nothing of ours from outside its folder', () => {
    expect(breaches('lambda/', (path) => isOurs(path) && !path.startsWith('lambda/'))).toEqual([]);
  });

  test('the API takes from the image function nothing but the contract', () => {
    const fromLambda = (path: string) =>
      path.startsWith('lambda/') && path !== 'lambda/contract.ts';
    expect(breaches('src/', fromLambda)).toEqual([]);
  });

  test('the doctor knows of the product what its users know, and the contract', () => {
    const inside = (path: string) =>
      isOurs(path) && !path.startsWith('doctor/') && path !== 'lambda/contract.ts';
    expect(breaches('doctor/', inside)).toEqual([]);
  });

  test('the AWS program takes nothing of ours but the contract', () => {
    const fromUs = (path: string) =>
      isOurs(path) && !path.startsWith('pulumi/') && path !== 'lambda/contract.ts';
    expect(breaches('pulumi/', fromUs)).toEqual([]);
  });

  test('nothing of ours takes anything from the AWS program', () => {
    const strangers = files.filter(({ path }) => !path.startsWith('pulumi/'));
    const importers = strangers.filter(({ imports }) =>
      imports.some((path) => path.startsWith('pulumi/') || path.startsWith('@pulumi/')),
    );
    expect(importers).toEqual([]);
  });

  test('the laptop mode is imported by entry files alone', () => {
    const importers = files.filter(({ path }) => !path.startsWith('local/'));
    const strangers = importers.filter(({ imports }) =>
      imports.some((path) => path.startsWith('local/')),
    );
    expect(strangers.map(({ path }) => path)).toEqual(['src/main.ts', 'src/sweep.ts']);
  });

  test.each(['web/', 'demo/', 'import/'])('%s knows the API by its schema alone', (folder) => {
    expect(breaches(folder, (path) => isOurs(path) && !path.startsWith(folder))).toEqual([]);
  });

  test('only the pictures of the image function know sharp', () => {
    const users = files.filter(({ imports }) => imports.includes('sharp'));
    expect(
      users.map(({ path }) => path).filter((path) => !path.startsWith('lambda/image')),
    ).toEqual([]);
    expect(users).not.toEqual([]);
  });

  test('what runs in production imports dependencies, not tools', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const isPackage = (name: string) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(name) && !isBuiltin(name);
    const isTool = (name: string) => isPackage(name) && !Object.hasOwn(dependencies, name);
    expect([...breaches('src/', isTool), ...breaches('lambda/', isTool)]).toEqual([]);
  });

  test('the environment is read in entry files alone', () => {
    const readers = files.filter(({ text }) => /process\.env\b/.test(text)).map(({ path }) => path);
    expect(readers.sort()).toEqual([
      'demo/run.ts',
      'doctor/run.ts',
      'import/run.ts',
      'lambda/index.ts',
      'local/event.ts',
      'local/invoke.ts',
      'src/main.ts',
      'src/sweep.ts',
    ]);
  });
});

describe('the size budget', () => {
  test('no file is over 300 lines, one in ten over 200 at most, half of them 80 or fewer', () => {
    const sizes = files.map(({ lines }) => lines).sort((a, b) => a - b);
    const at = (share: number) => sizes[Math.ceil(sizes.length * share) - 1];

    expect(at(1)).toBeLessThanOrEqual(300);
    expect(at(0.9)).toBeLessThanOrEqual(200);
    expect(at(0.5)).toBeLessThanOrEqual(80);
  });

  test('nine functions in ten have 25 lines or fewer, and none has over 60', () => {
    const sizes = files.flatMap(functionSizes).sort((a, b) => a.lines - b.lines);
    const tenth = sizes[Math.ceil(sizes.length * 0.9) - 1];

    expect(sizes.length).toBeGreaterThan(100);
    expect(tenth?.lines).toBeLessThanOrEqual(25);
    expect(sizes.filter(({ lines }) => lines > 60)).toEqual([]);
  });
});

/** Each file of a folder that imports what it may not, with what that is. */
const breaches = (folder: string, isForbidden: (path: string) => boolean) =>
  files
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, imports }) =>
      imports.filter(isForbidden).map((target) => `${path} -> ${target}`),
    );

const isOurs = (path: string) =>
  [...FOLDERS, 'test'].some((folder) => path.startsWith(`${folder}/`));

async function sourcePaths() {
  const lists = await Promise.all(
    FOLDERS.map(async (folder) => {
      const entries = await readdir(join(ROOT, folder), { recursive: true });
      return entries
        .filter((entry) => /\.tsx?$/.test(entry) && !entry.startsWith('generated'))
        .map((entry) => join(folder, entry));
    }),
  );
  return lists.flat();
}

async function readSource(path: string): Promise<SourceFile> {
  const text = await readFile(join(ROOT, path), 'utf8');
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, target = '']) => target,
  );
  const imports = targets.map((target) =>
    target.startsWith('.')
      ? join(path, '..', target)
      : target.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1'),
  );
  return { path, text, lines: text.split('\n').length - 1, imports };
}

/** Lines of each function with a block, found by the indentation that the formatter guarantees. */
function functionSizes({ path, text }: SourceFile) {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const opens =
      /^(\s*)(?!if|for|while|switch|catch|try|else|return\b.*\bnew\b)(?:.*(?:function\b.*|\)(?::[^=]+)?|=>) \{)$/.exec(
        line,
      );
    if (!opens || /^\s*(?:\} )?(?:if|for|while|switch|else|catch|try)\b/.test(line)) return [];
    const end = lines.findIndex(
      (other, at) => at > start && new RegExp(`^${opens[1]}\\}`).test(other),
    );
    return [{ name: `${path}:${start + 1}`, lines: end - start + 1 }];
  });
}
