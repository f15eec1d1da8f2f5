import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStack } from '../support/stack.ts';

let stack: ReturnType<typeof openStack>;
beforeAll(async () => {
  stack = openStack();
});
afterAll(() => stack[Symbol.dispose]());

test.each([
  [
    'reports every mistake on its own line',
    {
      'portrait:sizes': '50,large',
      'portrait:blurRadius': '-1',
      'portrait:bluur': 'true',
      'portrait:callbackSecret': 'whsec_short',
    },
    [
      /sizes must be .*"50,large"/,
      /blurRadius must be .*"-1"/,
      /bluur is unknown/,
      /callbackSecret must be/,
    ],
  ],
  [
    'reports settings that contradict each other',
    { 'portrait:domain': 'photos.example.com', 'portrait:minInstances': '9' },
    [/domain requires hostedZoneId/, /minInstances must not exceed/],
  ],
])('%s, and creates nothing', async (_, config, mistakes) => {
  const { errors, resources, exitCode } = await stack.run({ config });

  const lines = errors
    .join('\n')
    .split('\n')
    .filter((line) => / (must|is|requires) /.test(line));
  expect(lines).toHaveLength(mistakes.length);
  for (const mistake of mistakes) expect(lines.join('\n')).toMatch(mistake);
  expect(errors.join()).not.toContain('whsec_short');
  expect(resources).toEqual([]);
  expect(exitCode).not.toBe(0);
});

test('reports a missing bundle, and creates nothing', async () => {
  const { errors, resources } = await stack.run({ config: { 'portrait:artifacts': tmpdir() } });

  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^\S+function\.zip is missing\. Run "npm run bundle" first\.$/);
  expect(resources).toEqual([]);
});

test('reports an existing bucket that cannot be found, and creates nothing', async () => {
  const { errors, resources } = await stack.run({
    preview: true,
    config: { 'portrait:existingBucket': 'bucket-of-nobody' },
  });

  expect(errors).toEqual([
    expect.stringMatching(/^existingBucket: "bucket-of-nobody" cannot be used\. .*find bucket.*$/),
  ]);
  expect(resources.filter(({ custom, type }) => custom && type.startsWith('aws:'))).toEqual([]);
});

test('reports expired credentials on one line, and creates nothing', async () => {
  const refusal = 'ExpiredToken: The security token included in the request is expired';

  const { errors, resources } = await stack.run({ refusal });

  expect(errors).toEqual([
    `AWS rejected the credentials. Sign in (aws sso login) and run the command again. ${refusal}`,
  ]);
  expect(resources.filter(({ type }) => type.startsWith('aws:'))).toEqual([]);
});

test.each([undefined, '', 'europe'])(
  'rejects the region %s, and creates nothing',
  async (region) => {
    const { errors, resources } = await stack.run({ config: { 'aws:region': region } });

    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/aws:region/);
    expect(resources).toEqual([]);
  },
);
