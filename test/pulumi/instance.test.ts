import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { FUNCTION_ENV } from '../../contract/config/function-env.ts';
import { isComplete, readConfig, SETTINGS } from '../../src/config.ts';
import { CONNECTIONS } from '../../src/http/connection-limits.ts';
import { at } from '../support/engine/wire.ts';
import { openInstance, readEnvironment } from '../support/instance.ts';
import { allOf, only, type World } from '../support/rules/world.ts';
import { openStack } from '../support/stack.ts';
import { readUnit } from '../support/systemd.ts';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

let world: World;
let userData: string;
let secrets: Record<string, string>;
beforeAll(async () => {
  using stack = openStack();
  const { resources, errors } = await stack.run({
    config: { 'portrait:authIssuer': 'https://id.example.com/$a`b', 'portrait:authAudience': 'x' },
  });
  expect(errors).toEqual([]);
  world = resources;
  const template = only(world, 'launchTemplate:LaunchTemplate');
  userData = Buffer.from(String(template.inputs.userData), 'base64').toString();
  secrets = Object.fromEntries(
    allOf(world, 'secretVersion:SecretVersion').map(({ inputs }) => [
      `${inputs.secretId}`,
      `${inputs.secretString}`,
    ]),
  );
});

/** Runs the user data and the fetch of the secrets on a simulated instance. */
async function startInstance() {
  const machine = await openInstance(secrets);
  // The simulated release has another hash than the placeholder that was deployed.
  await machine.run(userData.replaceAll(/\b[0-9a-f]{64}\b/g, machine.releaseHash));
  await machine.run(await machine.read('usr/local/sbin/portrait-secrets'));
  const files = await Promise.all(
    ['etc/portrait.env', 'run/portrait/secrets.env'].map((path) => machine.read(path)),
  );
  return { machine, env: readEnvironment(files.join('\n')) };
}

describe('the user data of an instance', () => {
  test('fits the limit of EC2 and is valid bash', async () => {
    expect(Buffer.byteLength(userData)).toBeLessThan(16 * 1024);
    expect(userData).not.toMatch(/\{\{|undefined|\[object/);
    await promisify(execFile)('bash', ['-n', '-c', userData]);
  });

  test('sets all required settings of the API, and no unknown ones', async () => {
    const { machine, env } = await startInstance();
    await using _ = machine;

    expect(Object.keys(env).filter((name) => !SETTINGS.includes(name))).toEqual([]);
    expect(isComplete(readConfig(env))).toBe(true);
    expect(env.AUTH_ISSUER).toBe('https://id.example.com/$a`b');
    expect(env.JWT_SECRET).toBe(Object.values(secrets)[0]);
  });

  test('sets the same values for the API as for the image functions', async () => {
    const { machine, env } = await startInstance();
    await using _ = machine;

    const shared = FUNCTION_ENV.filter((name) => name in env && name !== 'AWS_REGION');
    for (const { inputs } of allOf(world, 'lambda/function:Function')) {
      const variables = Object(at(inputs, 'environment.variables'));
      const differing = shared.filter((name) => name in variables && variables[name] !== env[name]);
      expect(differing).toEqual([]);
    }
    expect(shared.length).toBeGreaterThan(5);
  });

  test('installs the release and starts it', async () => {
    const { machine } = await startInstance();
    await using _ = machine;

    const { Service = {} } = readUnit(await machine.read('etc/systemd/system/portrait.service'));
    const [start = ''] = Service.ExecStart ?? [];
    const [program = '', script = ''] = start.split(' ');
    expect(await machine.read(program)).toBe('');
    expect(await machine.read(join(`${Service.WorkingDirectory}`, script))).toBe('');
    expect(Service.User).toEqual(['portrait']);
    expect(await machine.calls()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^useradd --system .*portrait$/),
        'systemctl daemon-reload',
        'systemctl enable --now portrait',
      ]),
    );
  });

  test('starts nothing if the release does not match its hash', async () => {
    await using machine = await openInstance(secrets);

    await expect(machine.run(userData)).rejects.toThrow(/checksum/);
    expect((await machine.calls()).join()).not.toContain('systemctl');
  });

  test('starts nothing if a secret cannot be fetched', async () => {
    await using machine = await openInstance({});
    await machine.run(userData.replaceAll(/\b[0-9a-f]{64}\b/g, machine.releaseHash));

    const fetching = machine.run(await machine.read('usr/local/sbin/portrait-secrets'));
    await expect(fetching).rejects.toThrow();
    await expect(machine.read('run/portrait/secrets.env')).rejects.toThrow(/ENOENT/);
  });
});

describe('the systemd unit of the API', () => {
  const unitText = () => /\n(\[Unit\][\s\S]*?)\nEND_OF_FILE/.exec(userData)?.[1] ?? '';

  test('contains only options that systemd supports', () => {
    const { Unit, Service = {}, Install } = readUnit(unitText());

    expect(Unit?.After).toEqual(['network-online.target']);
    expect(Install?.WantedBy).toEqual(['multi-user.target']);
    expect(Service).toMatchObject({
      Restart: ['always'],
      NoNewPrivileges: ['yes'],
      ProtectSystem: ['strict'],
      CapabilityBoundingSet: [''],
    });
    // Without netlink `os.networkInterfaces()` throws, which Fastify calls when it listens on 0.0.0.0.
    expect(Service.RestrictAddressFamilies?.join().split(' ')).toContain('AF_NETLINK');
    expect(() => readUnit(unitText().replace('Restart=', 'Restarts='))).toThrow(/has no/);
  });

  test('allows each connection two file descriptors, and leaves room for the rest', () => {
    const { Service = {} } = readUnit(unitText());

    expect(Number(Service.LimitNOFILE)).toBeGreaterThan(4 * CONNECTIONS.total);
  });

  test('stores uploads on disk, in its only writable directory', async () => {
    const { machine, env } = await startInstance();
    await using _ = machine;
    const { Service = {} } = readUnit(unitText());

    const state = join('/var/lib', `${Service.StateDirectory}`);
    expect(dirname(readConfig(env).uploadDir)).toBe(state);
    expect(Service).toMatchObject({ StateDirectoryMode: ['0700'], UMask: ['0077'] });
  });

  test.runIf(hasSystemd)('passes systemd-analyze verify', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portrait-unit-'));
    const file = join(folder, 'portrait.service');
    // The executables do not exist here; everything else is unchanged.
    await writeFile(file, unitText().replaceAll(/^(Exec\w+=\+?)\S+.*$/gm, '$1/bin/true'));

    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file]);
    await rm(folder, { recursive: true });

    const warnings = stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes('portrait.service'));
    expect({ status, warnings }).toEqual({ status: 0, warnings: [] });
  });
});
