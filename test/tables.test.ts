/** What the documents say of settings, errors and options is made from the code: `npm run tables` writes it anew. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { FUNCTION_ENV } from '../contract/config/function-env.ts';
import { mustBe } from '../contract/config/setting.ts';
import { STACK_SETTINGS } from '../pulumi/config/settings.ts';
import type { StackSetting } from '../pulumi/config/stack-setting.ts';
import { ERRORS } from '../src/errors.ts';
import { Settings } from '../src/settings.ts';
import { replaceSection, table } from './support/markdown.ts';
import { describeStackConfig } from './support/pulumi-yaml.ts';

const ROOT = join(import.meta.dirname, '..');

/** Expects of a file what `make` makes of it. */
async function expectFile(path: string, make: (text: string) => string) {
  const text = await readFile(join(ROOT, path), 'utf8');
  await expect(make(text)).toMatchFileSnapshot(join(ROOT, path));
}

test('docs/configuration.md lists every setting with its default and its meaning', async () => {
  const rows = Object.entries(Settings.shape).map(([name, schema]) => {
    const { description = '', absent } = z.globalRegistry.get(schema) ?? {};
    const fallback = absent ? String(absent) : asCode(fallbackOf(schema));
    expect(description, name).not.toBe('');
    return [`\`${name}\``, fallback, description];
  });

  const made = table([['variable', 'default', 'meaning'], ...rows]);
  await expectFile('docs/configuration.md', (page) => replaceSection(page, 'settings', made));
  expect(FUNCTION_ENV.filter((name) => !(name in Settings.shape))).toEqual([]);
});

test('docs/errors.md lists every code with its status, and what to do', async () => {
  const rows = Object.entries(ERRORS).map(([code, kind]) => [
    `\`${code}\``,
    String(kind.status),
    'retryable' in kind ? 'yes' : 'no',
    'facts' in kind ? kind.facts : '',
    kind.when,
    kind.whatToDo,
  ]);

  const made = table([
    ['code', 'status', 'retryable', 'extensions', 'meaning', 'what to do'],
    ...rows,
  ]);
  await expectFile('docs/errors.md', (page) => replaceSection(page, 'errors', made));
});

test('docs/deploy.md lists every option of a stack', async () => {
  const rows = Object.entries<StackSetting<unknown>>(STACK_SETTINGS).map(([name, option]) => {
    const { schema, fallback, unit, meaning, isSecret } = option;
    return [
      `\`${name}\``,
      asCode(fallback),
      `${meaning} Must be ${mustBe(schema)}${unit ? ` (${unit})` : ''}.${isSecret ? ' A secret.' : ''}`,
    ];
  });

  const made = table([['option', 'default', 'what it is'], ...rows]);
  await expectFile('docs/deploy.md', (page) => replaceSection(page, 'options', made));
});

test('pulumi/Pulumi.yaml lists every option with meaning, unit and default', async () => {
  await expectFile('pulumi/Pulumi.yaml', (yaml) => {
    const [head] = yaml.split('  # Options');
    return head + describeStackConfig(STACK_SETTINGS);
  });
});

function fallbackOf(schema: z.core.$ZodType): unknown {
  const value = z.safeParse(schema, undefined).data;
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
}

const asCode = (value: unknown) =>
  value === undefined || String(value) === '' ? '' : `\`${value}\``;
