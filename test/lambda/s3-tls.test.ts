import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../lambda/store.ts';
import { createCertificate } from '../support/certificate.ts';
import { CREDENTIALS } from './support/s3.ts';

const known = getCACertificates('default');
const certificate = createCertificate('localhost');
const asked: string[] = [];
const server = createServer(certificate, ({ url = '' }, response) => {
  asked.push(url);
  response.end('whole');
});
let store: ReturnType<typeof openStore>;
beforeAll(async () => {
  await once(server.listen(0), 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `https://localhost:${port}`;
  store = openStore({ region: 'eu-central-1', endpoint, bucket: 'photos' }, CREDENTIALS);
});
afterAll(() => {
  setDefaultCACertificates(known);
  server.closeAllConnections();
  server.close();
});

test('a server with an untrusted certificate gets no request, and the error says so', async () => {
  const reading = store.get('key', 100);

  await expect(reading).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(asked).toEqual([]);
});

test('a photo is downloaded over TLS from a trusted server', async () => {
  setDefaultCACertificates([...known, certificate.cert]);

  const file = await store.get('key', 100);

  expect(`${file?.bytes}`).toBe('whole');
  expect(asked).toEqual(['/photos/key']);
});
