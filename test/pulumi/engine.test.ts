import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bareSecrets, lost, missingDependencies, strays } from '../support/engine/checks.ts';
import { type Run, runProgram } from '../support/engine/run.ts';
import { UNKNOWN } from '../support/engine/wire.ts';

/** Runs test/support/engine/program: a few resources, some correct and some faulty. */
const run = (settings: { preview?: boolean; fault?: string }) =>
  runProgram({
    folder: join(import.meta.dirname, '../support/engine/program'),
    config: {
      'aws:region': 'eu-north-1',
      'portrait:pin': 'pin-1234',
      ...(settings.fault && { 'portrait:fault': settings.fault }),
    },
    secretKeys: ['portrait:pin'],
    preview: settings.preview ?? false,
  });

const named = ({ resources }: Run, name: string) =>
  resources.find((resource) => resource.name === name);

let preview: Run;
let update: Run;
beforeAll(async () => {
  [preview, update] = await Promise.all([run({ preview: true }), run({})]);
});

describe('the fake Pulumi engine', () => {
  test('records an update: inputs, order, parents, secrets, outputs', () => {
    const shelf = named(update, 'shelf');
    const bucket = named(update, 'shelf-books');

    expect(shelf).toMatchObject({ custom: false, outputs: { bucketName: 'shelf-books-8bad0bd' } });
    expect(bucket).toMatchObject({ parent: shelf?.urn, options: { protect: true } });
    expect(named(update, 'letters')).toMatchObject({
      inputs: { policy: 'arn:aws:s3:::shelf-books-8bad0bd/*', tags: { pin: 'pin-1234' } },
      secrets: ['tags.pin'],
      dependencies: [bucket?.urn],
    });
    expect(update.outputs).toEqual({ bucketName: 'shelf-books-8bad0bd', sentPin: 'pin-1234' });
    expect(update.secretOutputs).toEqual(['sentPin']);
    expect(update).toMatchObject({ errors: [], exitCode: 0 });
  });

  test('leaves values unknown in a preview that only AWS can supply', () => {
    expect(named(preview, 'letters')?.inputs.policy).toBe(UNKNOWN);
    expect(preview.outputs).toMatchObject({ bucketName: UNKNOWN });
  });

  test('rejects two resources with the same name, and ends the program', async () => {
    const { errors, exitCode } = await run({ fault: 'twice' });

    expect(errors.join()).toMatch(/Duplicate resource .*::letters/);
    expect(exitCode).not.toBe(0);
  });

  test('reports the errors of the program', async () => {
    const { errors, resources } = await run({ fault: 'refused' });

    expect(errors).toEqual(['fault must not be "refused"']);
    expect(resources).toEqual([]);
  });
});

describe('the checks of a run detect', () => {
  test('an output converted to a string', () => {
    expect(strays(preview.resources)).toMatchObject([{ where: 'output-as-text.policy' }]);
  });

  test('a property that AWS does not set', () => {
    const found = strays(update.resources).map(({ where }) => where);
    expect(found.sort()).toEqual(['of-nothing.policy', 'output-as-text.policy']);
  });

  test('an input that is missing once it should be known', () => {
    const found = lost(preview.resources, update.resources);
    expect(found).toMatchObject([{ where: 'filled-by-nobody.tags.site' }]);
  });

  test('a reference to a resource that may not exist yet', () => {
    expect(missingDependencies(update.resources)).toMatchObject([{ where: 'not-waiting.policy' }]);
  });

  test('a secret in plain text', () => {
    const found = bareSecrets(update.resources, ['pin-1234']);
    expect(found).toMatchObject([{ where: 'told-to-all.tags.pin' }]);
  });
});
