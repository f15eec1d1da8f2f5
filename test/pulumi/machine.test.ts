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

/** What a machine has after its first lines, and after systemd has fetched its secrets. */
async function makeMachine() {
  const machine = await openInstance(secrets);
  // The release that is really there has another hash than the stand-in that was deployed.
  await machine.run(userData.replaceAll(/\b[0-9a-f]{64}\b/g, machine.releaseHash));
  await machine.run(await machine.read('usr/local/sbin/portrait-secrets'));
  const files = await Promise.all(
    ['etc/portrait.env', 'run/portrait/secrets.env'].map((path) => machine.read(path)),
  );
  return { machine, env: readEnvironment(files.join('\n')) };
}

describe('the first lines of a machine', () => {
  test('are short enough for EC2, and a shell can read them', async () => {
    expect(Buffer.byteLength(userData)).toBeLessThan(16 * 1024);
    expect(userData).not.toMatch(/\{\{|undefined|\[object/);
    await promisify(execFile)('bash', ['-n', '-c', userData]);
  });

  test('give the API all it needs, and nothing it does not know', async () => {
    const { machine, env } = await makeMachine();
    await using _ = machine;

    expect(Object.keys(env).filter((name) => !SETTINGS.includes(name))).toEqual([]);
    expect(isComplete(readConfig(env))).toBe(true);
    expect(env.AUTH_ISSUER).toBe('https://id.example.com/$a`b');
    expect(env.JWT_SECRET).toBe(Object.values(secrets)[0]);
  });

  test('tell the API the same as the image functions', async () => {
    const { machine, env } = await makeMachine();
    await using _ = machine;

    const told = FUNCTION_ENV.filter((name) => name in env && name !== 'AWS_REGION');
    for (const { inputs } of allOf(world, 'lambda/function:Function')) {
      const its = Object(at(inputs, 'environment.variables'));
      const differing = told.filter((name) => name in its && its[name] !== env[name]);
      expect(differing).toEqual([]);
    }
    expect(told.length).toBeGreaterThan(5);
  });

  test('put the release in its place and start it', async () => {
    const { machine } = await makeMachine();
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

  test('start nothing when the release is not what was deployed', async () => {
    await using machine = await openInstance(secrets);

    await expect(machine.run(userData)).rejects.toThrow(/checksum/);
    expect((await machine.calls()).join()).not.toContain('systemctl');
  });

  test('start nothing when a secret cannot be had', async () => {
    await using machine = await openInstance({});
    await machine.run(userData.replaceAll(/\b[0-9a-f]{64}\b/g, machine.releaseHash));

    const fetching = machine.run(await machine.read('usr/local/sbin/portrait-secrets'));
    await expect(fetching).rejects.toThrow();
    await expect(machine.read('run/portrait/secrets.env')).rejects.toThrow(/ENOENT/);
  });
});

describe('the unit of the API', () => {
  const unitText = () => /\n(\[Unit\][\s\S]*?)\nEND_OF_FILE/.exec(userData)?.[1] ?? '';

  test('says nothing that systemd does not know', () => {
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
    expect(() => readUnit(unitText().replace('Restart=', 'Restarts='))).toThrow(/knows no/);
  });

  test('allows each connection two file descriptors, and leaves room for the rest', () => {
    const { Service = {} } = readUnit(unitText());

    expect(Number(Service.LimitNOFILE)).toBeGreaterThan(4 * CONNECTIONS.total);
  });

  test('spools uploads on the disk, in the one directory that it may write to', async () => {
    const { machine, env } = await makeMachine();
    await using _ = machine;
    const { Service = {} } = readUnit(unitText());

    const state = join('/var/lib', `${Service.StateDirectory}`);
    expect(dirname(readConfig(env).uploadDir)).toBe(state);
    expect(Service).toMatchObject({ StateDirectoryMode: ['0700'], UMask: ['0077'] });
  });

  test.runIf(hasSystemd)('passes the check of systemd itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portrait-unit-'));
    const file = join(folder, 'portrait.service');
    // What is started is not here; all else is as it will be.
    await writeFile(file, unitText().replaceAll(/^(Exec\w+=\+?)\S+.*$/gm, '$1/bin/true'));

    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file]);
    await rm(folder, { recursive: true });

    const said = stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes('portrait.service'));
    expect({ status, said }).toEqual({ status: 0, said: [] });
  });
});
