import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/postgres.ts';
import { copyProduct, processesOf, start } from '../support/process.ts';

const main = copyProduct('file-descriptors');

const canLimit = spawnSync('prlimit', ['--version']).status === 0;

test.runIf(canLimit)(
  'a process without free file descriptors survives, and serves again once some are free',
  async () => {
    const product = await start(main, { DATA_DIR: await temporaryFolder() });
    const [api] = (await processesOf(main)).filter(({ command }) => command.trim().endsWith(main));
    const limit = spawnSync('prlimit', ['--pid', `${api?.pid}`, '--nofile=200:200']);
    expect(limit.status).toBe(0);

    const port = Number(new URL(product.url).port);
    const sockets = Array.from({ length: 400 }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void socket.destroy());
      return socket;
    });
    // Long enough that the process's timers, of a second and more, fire during the shortage: no event shows that.
    await delay(4_000);
    for (const socket of sockets) socket.destroy();

    const health = () => fetch(`${product.url}/healthz`).then(({ status }) => status, String);
    await expect.poll(health, { timeout: 30_000 }).toBe(200);
    const ready = () => fetch(`${product.url}/readyz`).then(({ status }) => status, String);
    await expect.poll(ready, { timeout: 30_000 }).toBe(200);
  },
);
