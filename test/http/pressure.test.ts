import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { makePhoto, makePhotoOfBytes } from '../support/photos.ts';
import { type ProxiedProduct, startProxiedProduct } from '../support/proxied-product.ts';
import { openRaw, subscribe, upgrade } from '../support/socket.ts';
import { recordStatements } from '../support/sql-statements.ts';
import { openStreamedRequest } from '../support/streamed-request.ts';
import { startWebServer } from '../support/web-server.ts';

let product: ProxiedProduct;
let person: Person;
beforeAll(async () => {
  product = await startProxiedProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const UPLOAD = `mutation ($photo: PhotoInput!) {
  uploadProfilePhoto(photo: $photo) { photo { status } }
}`;

test('a large body of an anonymous sender is not read', async () => {
  const wire = openStreamedRequest(product, {
    'content-type': 'application/json',
    'content-length': '30000000',
  });
  await wire.write(Buffer.from('{'));
  const { status, errors } = await wire.answer;

  // Only one byte of the body has been sent.
  expect(status).toBe(401);
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  wire.abort();
});

test('the sender of a large photo is authenticated once, before its body is read', async () => {
  const base64 = Buffer.from(await makePhotoOfBytes(300_000)).toString('base64');

  const statements = await recordStatements(product, () =>
    person.query(UPLOAD, { photo: { base64 } }),
  );

  expect(statements.filter((text) => text.includes('tokens_valid_from as'))).toHaveLength(1);
});

/** Starts JSON uploads whose bodies are never completed, one per token. */
const openUploads = (tokens: string[]) =>
  tokens.map((token) =>
    openStreamedRequest(product, {
      'content-type': 'application/json',
      'content-length': '30000000',
      authorization: `Bearer ${token}`,
    }),
  );

test('eight photos in JSON are accepted concurrently; the next gets Retry-After, and is accepted later', async () => {
  const others = await Promise.all(Array.from({ length: 6 }, () => signUp(product)));
  const wires = openUploads(others.flatMap(({ token }) => [token, token]));
  let refused = 0;
  for (const wire of wires) {
    wire.answer.then(({ status }) => {
      if (status === 503) refused++;
    }, String);
    await wire.write(Buffer.from('{'));
  }
  await expect.poll(() => refused, { timeout: 10_000 }).toBe(4);
  const base64 = Buffer.from(await makePhotoOfBytes(600_000)).toString('base64');

  const { errors } = await person.send(UPLOAD, { photo: { base64 } });

  expect(errors[0]?.extensions).toMatchObject({
    code: 'OVERLOADED',
    retryable: true,
    retryAfter: 5,
  });
  // Small requests are still accepted.
  expect((await person.send('{ me { id } }')).status).toBe(200);
  for (const wire of wires) wire.abort();

  await expect
    .poll(async () => (await person.send(UPLOAD, { photo: { base64 } })).status, {
      timeout: 10_000,
    })
    .toBe(200);
});

test('two slow uploads per user are accepted, which leaves slots for other users', async () => {
  const slow = await signUp(product);
  const wires = openUploads([slow.token, slow.token, slow.token]);
  const refused: number[] = [];
  for (const wire of wires) {
    wire.answer.then(({ status }) => refused.push(status), String);
    await wire.write(Buffer.from('{'));
  }
  await expect.poll(() => refused, { timeout: 10_000 }).toEqual([503]);
  const base64 = Buffer.from(await makePhotoOfBytes(600_000)).toString('base64');

  expect((await person.send(UPLOAD, { photo: { base64 } })).status).toBe(200);

  for (const wire of wires) wire.abort();
});

test('a gateway that fails five times is not called for a while, and then tried again', async () => {
  let calls = 0;
  await using site = await startWebServer((request, response) => {
    calls++;
    request.resume().once('end', () => response.writeHead(503).end());
  });
  product.gateway.redirect({ host: '127.0.0.1', port: site.port });
  const photo = { base64: Buffer.from(await makePhoto()).toString('base64') };

  const answers = [];
  for (let at = 0; at < 8; at++) answers.push(await person.send(UPLOAD, { photo }));

  expect(calls).toBe(5);
  for (const { status, errors } of answers) {
    expect(status).toBe(503);
    const facts = { code: 'PROCESSING_UNAVAILABLE', retryable: true, retryAfter: 60 };
    expect(errors[0]?.extensions).toMatchObject(facts);
  }
  // Queries still work, and return the outcome of the last upload.
  const { me } = await person.query('{ me { profile { latestUpload { failure { code } } } } }');
  expect(me.profile.latestUpload.failure.code).toBe('PROCESSING_UNAVAILABLE');

  product.gateway.redirect();
  await expect
    .poll(async () => (await person.send(UPLOAD, { photo })).status, {
      timeout: 20_000,
      interval: 500,
    })
    .toBe(200);
});

const ask = (path: string) =>
  fetch(product.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ me { id } }"}',
  });

test('while a hundred queries wait for the database the next is rejected immediately', async () => {
  const params = { authorization: `Bearer ${person.token}` };
  const socket = await openRaw(product, { params });
  product.database.stall();
  const waiting = Array.from({ length: 120 }, () => person.send('{ me { id } }'));

  await expect
    .poll(async () => (await person.send('{ me { id } }')).errors[0]?.extensions, {
      timeout: 2_500,
    })
    .toMatchObject({ code: 'OVERLOADED', retryAfter: 5 });
  // In any spelling of the URL, and for WebSockets, too.
  expect((await ask('/%67raphql')).status).toBe(503);
  expect((await upgrade(product)).status).toBe(503);
  socket.send(subscribe('1', 'subscription { photo(id: "x") { id } }'));
  await expect.poll(() => JSON.stringify(socket.messages)).toContain('"OVERLOADED"');
  await product.database.restore();
  await Promise.all(waiting);

  await expect
    .poll(async () => (await person.send('{ me { id } }')).status, { timeout: 10_000 })
    .toBe(200);
});
