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
    'tells every mistake in a line of its own',
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
    'tells what does not go together',
    { 'portrait:domain': 'photos.example.com', 'portrait:minInstances': '9' },
    [/domain needs hostedZoneId/, /minInstances must not exceed/],
  ],
])('%s, and makes nothing', async (_, config, mistakes) => {
  const { errors, resources, exitCode } = await stack.run({ config });

  const lines = errors
    .join('\n')
    .split('\n')
    .filter((line) => / (must|is|needs) /.test(line));
  expect(lines).toHaveLength(mistakes.length);
  for (const mistake of mistakes) expect(lines.join('\n')).toMatch(mistake);
  expect(errors.join()).not.toContain('whsec_short');
  expect(resources).toEqual([]);
  expect(exitCode).not.toBe(0);
});

test('tells which bundle is missing, and makes nothing', async () => {
  const { errors, resources } = await stack.run({ config: { 'portrait:artefacts': tmpdir() } });

  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^\S+function\.zip is missing\. Run "npm run bundle" first\.$/);
  expect(resources).toEqual([]);
});

test('tells that there is no such bucket, and makes nothing', async () => {
  const { errors, resources } = await stack.run({
    preview: true,
    config: { 'portrait:existingBucket': 'bucket-of-nobody' },
  });

  expect(errors).toEqual([
    expect.stringMatching(/^existingBucket: "bucket-of-nobody" cannot be used\. .*find bucket.*$/),
  ]);
  expect(resources.filter(({ custom, type }) => custom && type.startsWith('aws:'))).toEqual([]);
});

test('tells that a sign-in has expired, in one line, and makes nothing', async () => {
  const refusal = 'ExpiredToken: The security token included in the request is expired';

  const { errors, resources } = await stack.run({ refusal });

  expect(errors).toEqual([
    `AWS does not let us in; sign in (aws sso login), then the same command. ${refusal}`,
  ]);
  expect(resources.filter(({ type }) => type.startsWith('aws:'))).toEqual([]);
});

test.each([undefined, '', 'europe'])(
  'tells that %s is no region, and makes nothing',
  async (region) => {
    const { errors, resources } = await stack.run({ config: { 'aws:region': region } });

    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/aws:region/);
    expect(resources).toEqual([]);
  },
);
