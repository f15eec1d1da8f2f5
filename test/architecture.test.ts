import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['contract', 'src', 'lambda', 'local', 'pulumi', 'tools', 'web'];

/** Entry files and the composition root: they may import every part of src, and no part imports them. */
const COMPOSITION_ROOTS = ['app.ts', 'main.ts', 'cleanup.ts'];

/** Resolvers are written against these; `graphql/schema.ts` in turn lists the resolvers. */
const GRAPHQL_API = ['graphql/context.ts', 'graphql/complexity.ts'];

/**
 * What each other part of src may import, beside itself and contract/. From the bottom up: errors and configuration; the
 * database, with the entities that declare its tables; accounts, profiles and photos; GraphQL; HTTP.
 */
const LAYERS: Record<string, readonly string[]> = {
  'errors.ts': [],
  'settings.ts': ['auth/canonical.ts'],
  'config.ts': ['settings.ts'],
  'disk.ts': ['config.ts'],
  'tracing.ts': ['config.ts'],
  database: [
    'config.ts',
    'errors.ts',
    'auth/canonical.ts',
    'auth/oidc/deleted-identity.ts',
    'users/user.ts',
    'profiles/profile.ts',
    'photos/photo.ts',
  ],
  auth: ['config.ts', 'errors.ts', 'database/', 'users/', ...GRAPHQL_API],
  users: ['config.ts', 'errors.ts', 'database/', 'auth/', 'profiles/', 'photos/', ...GRAPHQL_API],
  profiles: ['errors.ts', 'database/', 'auth/viewer.ts', 'users/', 'photos/', 'graphql/context.ts'],
  photos: ['config.ts', 'errors.ts', 'database/', 'auth/viewer.ts', 'profiles/', ...GRAPHQL_API],
  graphql: ['config.ts', 'errors.ts', 'database/', 'auth/', 'users/', 'profiles/', 'photos/'],
  http: ['config.ts', 'disk.ts', 'errors.ts', 'database/', 'auth/', 'photos/', 'graphql/'],
};

interface SourceFile {
  /** Relative to the root: `src/users/user.ts`. */
  path: string;
  text: string;
  lines: number;
  /** Imported files, relative to the root, and names of imported packages. */
  imports: string[];
}

let files: SourceFile[];
beforeAll(async () => {
  files = await Promise.all((await sourcePaths()).map(readSource));
});

describe('imports between parts', () => {
  test('contract/ imports no other part', () => {
    expect(breaches('contract/', outside('contract/'))).toEqual([]);
  });

  test.each(['src/', 'lambda/', 'pulumi/', 'tools/doctor/'])(
    '%s imports only contract/ beside itself',
    (folder) => {
      const isForbidden = outside(folder, 'contract/');
      const isEmbedded = (path: string) => folder === 'src/' && path.startsWith('local/');
      expect(breaches(folder, (path) => isForbidden(path) && !isEmbedded(path))).toEqual([]);
    },
  );

  test.each(['tools/demo/', 'tools/import-django/'])(
    '%s imports no other part: it uses the API over HTTP',
    (folder) => expect(breaches(folder, outside(folder))).toEqual([]),
  );

  test.each(Object.entries(LAYERS))(
    'src/%s imports only the layers listed for it, and each of them',
    (part, layers) => {
      const own = pathOf(part);
      const allowed = layers.map((layer) => `src/${layer}`);
      const targets = files.filter(({ path }) => path.startsWith(own)).flatMap((f) => f.imports);

      expect(breaches(own, outside(own, 'contract/', ...allowed))).toEqual([]);
      expect(allowed.filter((layer) => !targets.some((t) => t.startsWith(layer)))).toEqual([]);
    },
  );

  test('every part of src is a composition root or has its layers listed', () => {
    const parts = files.filter(({ path }) => path.startsWith('src/')).map(({ path }) => path);
    const names = new Set(parts.map((path) => path.split('/')[1]));
    expect([...names].sort()).toEqual([...COMPOSITION_ROOTS, ...Object.keys(LAYERS)].sort());
  });

  test('only entry files import a composition root', () => {
    const roots = COMPOSITION_ROOTS.map((name) => `src/${name}`);
    const found = new Set(breaches('', (path) => roots.includes(path)));
    expect([...found]).toEqual(['src/main.ts -> src/app.ts']);
  });

  test('web/ imports only contract/ beside itself', () =>
    expect(breaches('web/', outside('web/', 'contract/'))).toEqual([]));

  test('nothing imports the AWS program', () => {
    const others = files.filter(({ path }) => !path.startsWith('pulumi/'));
    const importers = others.filter(({ imports }) =>
      imports.some((path) => path.startsWith('pulumi/') || path.startsWith('@pulumi/')),
    );
    expect(importers).toEqual([]);
  });

  test('only entry files import the laptop mode', () => {
    const others = files.filter(({ path }) => !path.startsWith('local/'));
    const importers = others.filter(({ imports }) =>
      imports.some((path) => path.startsWith('local/')),
    );
    expect(importers.map(({ path }) => path)).toEqual(['src/cleanup.ts', 'src/main.ts']);
  });

  test('only the image pipeline imports sharp', () => {
    const importers = files.filter(({ imports }) => imports.includes('sharp'));
    const paths = importers.map(({ path }) => path);
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !path.startsWith('lambda/pipeline/'))).toEqual([]);
  });

  test('there are no import cycles, type imports included', () => {
    expect(importCycles(files)).toEqual([]);
  });

  test('production code imports no devDependencies', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const isPackage = (name: string) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(name) && !isBuiltin(name);
    const isTool = (name: string) => isPackage(name) && !Object.hasOwn(dependencies, name);
    expect([...breaches('src/', isTool), ...breaches('lambda/', isTool)]).toEqual([]);
  });

  test('only entry files read process.env', () => {
    const readers = files.filter(({ text }) => /process\.env\b/.test(text)).map(({ path }) => path);
    expect(readers.sort()).toEqual([
      'lambda/index.ts',
      'local/event.ts',
      'local/invoke.ts',
      'src/cleanup.ts',
      'src/main.ts',
      'tools/demo/run.ts',
      'tools/doctor/run.ts',
      'tools/import-django/run.ts',
    ]);
  });
});

describe('size budget', () => {
  test('no file exceeds 300 lines; 90 % have at most 200, half have at most 80', () => {
    const sizes = files.map(({ lines }) => lines).sort((a, b) => a - b);
    const at = (share: number) => sizes[Math.ceil(sizes.length * share) - 1];

    expect(at(1)).toBeLessThanOrEqual(300);
    expect(at(0.9)).toBeLessThanOrEqual(200);
    expect(at(0.5)).toBeLessThanOrEqual(80);
  });

  test('no function exceeds 60 lines; 90 % have at most 25', () => {
    const sizes = files.flatMap(functionSizes).sort((a, b) => a.lines - b.lines);
    const tenth = sizes[Math.ceil(sizes.length * 0.9) - 1];

    expect(sizes.length).toBeGreaterThan(100);
    expect(tenth?.lines).toBeLessThanOrEqual(25);
    expect(sizes.filter(({ lines }) => lines > 60)).toEqual([]);
  });
});

/** Groups of files that reach each other through imports (strongly connected components, by Tarjan's algorithm). */
function importCycles(sources: SourceFile[]): string[][] {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];

  function visit(path: string) {
    const index = order.size;
    order.set(path, index);
    stack.push(path);
    let least = index;
    for (const next of importsOf.get(path) ?? []) {
      if (importsOf.has(next) && !order.has(next)) visit(next);
      // Files that have left the stack belong to a group of their own.
      if (stack.includes(next))
        least = Math.min(least, lowest.get(next) ?? order.get(next) ?? least);
    }
    lowest.set(path, least);
    if (least < index) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) cycles.push(group.sort());
  }

  for (const { path } of sources) if (!order.has(path)) visit(path);
  return cycles;
}

/** Forbidden imports of the files below a folder: `importer -> imported`. */
const breaches = (folder: string, isForbidden: (path: string) => boolean) =>
  files
    .filter(({ path }) => path.startsWith(folder))
    .flatMap(({ path, imports }) =>
      imports.filter(isForbidden).map((target) => `${path} -> ${target}`),
    );

const isOurs = (path: string) =>
  [...FOLDERS, 'test'].some((folder) => path.startsWith(`${folder}/`));

/** Whether a path is in this repository, but in none of these folders or files. */
const outside =
  (...folders: string[]) =>
  (path: string) =>
    isOurs(path) && !folders.some((folder) => path.startsWith(folder));

/** Prefix of the paths of a folder or file in src. */
const pathOf = (part: string) => (part.endsWith('.ts') ? `src/${part}` : `src/${part}/`);

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

/** Lengths of the functions that have a block, found by the indentation that the formatter guarantees. */
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
