import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTION_PACKAGES } from '../../../tools/bundle/function.ts';
import { type Lock, linux, subsetLock } from '../../../tools/bundle/lock.ts';

const fullLock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));

test.each(['x64', 'arm64'] as const)('%s gets native code for its own kind only', (cpu) => {
  const { packages } = subsetLock(FUNCTION_PACKAGES, fullLock, linux(cpu));

  expect(Object.keys(packages)).toEqual([
    '',
    'node_modules/@img/colour',
    `node_modules/@img/sharp-libvips-linux-${cpu}`,
    `node_modules/@img/sharp-linux-${cpu}`,
    'node_modules/detect-libc',
    'node_modules/libheif-js',
    'node_modules/semver',
    'node_modules/sharp',
  ]);
});

test('every package keeps its version and checksum from package-lock.json', () => {
  const { packages } = subsetLock(FUNCTION_PACKAGES, fullLock, linux('arm64'));

  for (const [location, { version, integrity }] of Object.entries(packages)) {
    if (location === '') continue;
    expect({ version, integrity }).toEqual({
      version: fullLock.packages[location]?.version,
      integrity: expect.stringMatching(/^sha512-/),
    });
  }
});

test('resolves a nested package before one of the same name further up', () => {
  const lock: Lock = {
    lockfileVersion: 3,
    packages: {
      'node_modules/a': {
        version: '1.0.0',
        dependencies: { b: '2' },
        peerDependencies: { c: '1' },
      },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { d: '1' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/d': { version: '1.0.0', dev: true },
    },
  };

  const { packages } = subsetLock(['a'], lock, linux('x64'));

  expect(Object.keys(packages)).toEqual([
    '',
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/c',
    'node_modules/d',
  ]);
  expect(packages['node_modules/d']).not.toHaveProperty('dev');
});

test('stops the bundle on a package that is not locked', () => {
  expect(() => subsetLock(['left-pad'], fullLock, linux('x64'))).toThrow(
    'left-pad is not in package-lock.json. Run "npm install".',
  );
});
