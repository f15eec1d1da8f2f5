/** Generated parts of the documents: `npm run tables` updates them. */
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
import { list, replaceSection, table } from './support/markdown.ts';
import { describeStackConfig } from './support/pulumi-yaml.ts';

const ROOT = join(import.meta.dirname, '..');

/** Expects that `generate` does not change a file. */
async function expectFile(path: string, generate: (text: string) => string) {
  const text = await readFile(join(ROOT, path), 'utf8');
  await expect(generate(text)).toMatchFileSnapshot(join(ROOT, path));
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

test('docs/errors.md lists every code with its status, meaning and remedy', async () => {
  const items = Object.entries(ERRORS).map(([code, kind]) => {
    const retryable = 'retryable' in kind ? 'retryable' : 'not retryable';
    const extensions = 'facts' in kind ? `; ${kind.facts}` : '';
    return `**\`${code}\`** (${kind.status}, ${retryable}${extensions}). ${kind.when} *${kind.whatToDo}*`;
  });

  await expectFile('docs/errors.md', (page) => replaceSection(page, 'errors', list(items)));
});

test('docs/deploy.md lists every setting of a stack', async () => {
  const items = Object.entries<StackSetting<unknown>>(STACK_SETTINGS).map(([name, setting]) => {
    const { schema, fallback, unit, meaning, isSecret } = setting;
    const absent = asCode(fallback) ? `, default ${asCode(fallback)}` : '';
    const value = `Must be ${mustBe(schema)}${unit ? ` (${unit})` : ''}.`;
    return `**\`${name}\`**${absent}: ${meaning} ${value}${isSecret ? ' A secret.' : ''}`;
  });

  await expectFile('docs/deploy.md', (page) => replaceSection(page, 'options', list(items)));
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
