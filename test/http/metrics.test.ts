import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { graphqlClient, type Person, signUp } from '../support/client.ts';
import { requestPresignedPost, sendPresignedPost } from '../support/direct-upload.ts';
import { captureLog, type Log } from '../support/log.ts';
import { makePhoto } from '../support/photos.ts';
import { ADMIN, type Product, startProduct } from '../support/product.ts';

const SECRETS = {
  JWT_SECRET: 'a secret of forty characters and not less',
  CALLBACK_SECRET: `whsec_${Buffer.alloc(32, 9).toString('base64')}`,
};

let log: Log;
let product: Product;
let person: Person;
beforeAll(async () => {
  log = captureLog();
  product = await startProduct({ LOG_LEVEL: 'trace', ...SECRETS });
  person = await signUp(product);
});
afterAll(async () => {
  await product.close();
  log.release();
});

const metrics = async () => (await fetch(`${product.url}/metrics`)).text();

/** The value of the first sample that starts with this text. */
const sample = async (line: string) => {
  const found = (await metrics()).split('\n').find((one) => one.startsWith(line));
  return found === undefined ? undefined : Number(found.split(' ').at(-1));
};

test('every operation is counted and timed, by field and outcome', async () => {
  await person.query('query Whatever { me { id } }');
  await graphqlClient(product).send('{ users { totalCount } }');

  const counted = (operation: string, code: string) =>
    sample(`graphql_operation_duration_seconds_count{operation="${operation}",code="${code}"}`);
  expect(await counted('me', 'OK')).toBeGreaterThanOrEqual(1);
  expect(await counted('users', 'UNAUTHENTICATED')).toBe(1);
  // Operation names given by clients must not become label values.
  expect(await metrics()).not.toContain('Whatever');
});

test('requests, connections, jobs, uploads and the process have metrics', async () => {
  const all = await metrics();
  for (const name of [
    'http_request_duration_seconds_bucket{le="0.1",method="POST",route="/graphql",status="200"}',
    'portrait_database_connections{state="waiting"}',
    '# TYPE portrait_jobs gauge',
    '# TYPE portrait_uploads_under_way gauge',
    'portrait_websockets{state="open"}',
    'portrait_websocket_operations',
    'nodejs_eventloop_lag_seconds',
    'process_resident_memory_bytes',
  ]) {
    expect(all).toContain(name);
  }
});

test.each(['grafana.json', 'operations.md'])(
  'every metric named in docs/%s exists',
  async (file) => {
    const text = await readFile(join(import.meta.dirname, '../../docs', file), 'utf8');
    const names = text.match(/\b(?:http|graphql|portrait|nodejs|process)_\w+/g) ?? [];
    const kinds = [...(await metrics()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);

    const unknown = names.filter(
      (name) => !kinds.includes(name.replace(/_(bucket|count|sum)$/, '')),
    );
    expect(unknown).toEqual([]);
    expect(names.length).toBeGreaterThan(7);
  },
);

test('a direct upload is timed from its presigned POST to its variants', async () => {
  const form = await requestPresignedPost(person);
  await sendPresignedPost(form, await makePhoto());
  await expect
    .poll(() => sample('portrait_direct_upload_seconds_count{outcome="READY"}'), {
      timeout: 20_000,
    })
    .toBe(1);
});

test('METRICS=off disables the route', async () => {
  const closed = await startProduct({ METRICS: 'off' });
  const { status } = await fetch(`${closed.url}/metrics`);
  await closed.close();
  expect(status).toBe(404);
});

test('every operation has one log line: field, user, duration, outcome', async () => {
  const answer = await fetch(`${product.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
    body: JSON.stringify({ query: '{ me { username } }' }),
  });
  const reqId = answer.headers.get('x-request-id');

  const lines = log.entries().filter((entry) => 'reqId' in entry && entry.reqId === reqId);
  expect(lines).toEqual([
    expect.objectContaining({
      msg: 'query me',
      operation: 'me',
      code: 'OK',
      userId: person.id,
      ms: expect.any(Number),
    }),
  ]);
});

test('the log contains no secret, password, token or address', async () => {
  await graphqlClient(product).send(
    `mutation { signIn(email: "${person.email}", password: "wrong one of mine") { token } }`,
  );
  await graphqlClient(product, `${person.token}x`).send('{ me { id } }');
  await person.send('mutation ($i: UpdateUserInput!) { updateUser(id: "x", input: $i) { id } }', {
    i: { password: 'another one of mine' },
  });
  await person.send('{ nonsense(password: "in the query itself") }');
  await fetch(`${product.url}/callbacks/photos`, { method: 'POST', body: '{}' });

  const text = log.text();
  expect(text).toContain('mutation signIn');
  for (const secret of [
    ...Object.values(SECRETS),
    ...[person.password, person.token, person.email, ADMIN.password],
    ...['wrong one of mine', 'another one of mine', 'in the query itself'],
    ...['Bearer', 'argon2', 'X-Amz-Signature'],
  ]) {
    expect(text).not.toContain(secret);
  }
});
