import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTION_PACKAGES } from '../../../tools/bundle/function.ts';
import { type Lock, linux, lockOf } from '../../../tools/bundle/lock.ts';

const whole: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));

test.each(['x64', 'arm64'] as const)(
  '%s gets machine code for its kind and for no other',
  (cpu) => {
    const { packages } = lockOf(FUNCTION_PACKAGES, whole, linux(cpu));

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
  },
);

test('every package has the version and the checksum of package-lock.json', () => {
  const { packages } = lockOf(FUNCTION_PACKAGES, whole, linux('arm64'));

  for (const [place, { version, integrity }] of Object.entries(packages)) {
    if (place === '') continue;
    expect({ version, integrity }).toEqual({
      version: whole.packages[place]?.version,
      integrity: expect.stringMatching(/^sha512-/),
    });
  }
});

test('a package goes where the one that wants it finds it, not its namesake further up', () => {
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

  const { packages } = lockOf(['a'], lock, linux('x64'));

  expect(Object.keys(packages)).toEqual([
    '',
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/c',
    'node_modules/d',
  ]);
  expect(packages['node_modules/d']).not.toHaveProperty('dev');
});

test('a package that is not locked stops the bundle', () => {
  expect(() => lockOf(['left-pad'], whole, linux('x64'))).toThrow(
    'left-pad is not in package-lock.json. Run "npm install".',
  );
});
