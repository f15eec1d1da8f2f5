import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { browserForm, type Part, post, sendForm } from './support/form.ts';
import { KEY, KEYS, MAX_BYTES, openS3Gateway, type S3Gateway } from './support/s3-gateway.ts';

let gateway: S3Gateway;
beforeAll(async () => {
  gateway = await openS3Gateway();
});
beforeEach(() => {
  gateway.events.length = 0;
});
afterAll(() => gateway[Symbol.asyncDispose]());

const photo = Buffer.alloc(MAX_BYTES, 'portrait');

test('stores the file of a presigned POST with its type and metadata', async () => {
  const form = await gateway.form();

  const { status, headers, body } = await post(form, photo);

  const { bytes, ContentType, Metadata, ETag } = await gateway.read(KEY);
  expect({ status, body }).toEqual({ status: 204, body: '' });
  expect(headers).toMatchObject({
    etag: ETag,
    location: `${gateway.url}/portrait/${encodeURIComponent(KEY)}`,
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'ETag',
  });
  expect({ ContentType, Metadata }).toEqual({
    ContentType: 'image/jpeg',
    Metadata: { crop: 'CENTRE' },
  });
  expect(bytes.equals(photo)).toBe(true);
  expect(gateway.events).toEqual([{ key: KEY, size: MAX_BYTES, eTag: ETag }]);
});

test('accepts the FormData of fetch', async () => {
  const { url, fields } = await gateway.form();
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob([photo], { type: 'image/jpeg' }));

  const response = await fetch(url, { method: 'POST', body });

  expect(response.status).toBe(204);
  expect((await gateway.read(KEY)).bytes.equals(photo)).toBe(true);
});

test('accepts the same form again, as a browser retries it without a response', async () => {
  const form = await gateway.form();
  await post(form, photo);

  const { status } = await post(form, 'another');

  expect(status).toBe(204);
  expect((await gateway.read(KEY)).bytes.toString()).toBe('another');
  expect(gateway.events).toHaveLength(2);
});

test.each<[string, (parts: Part[]) => Part[]]>([
  ['in another order', (parts) => [...parts.slice(0, -1).reverse(), ...parts.slice(-1)]],
  [
    'with names in capitals',
    (parts) => parts.map((part) => ({ ...part, name: part.name.toUpperCase() })),
  ],
  [
    'with a field that asks to be ignored',
    (parts) => [{ name: 'x-ignore-me', value: '1' }, ...parts],
  ],
  [
    'with fields after the file',
    (parts) => [...parts, { name: 'submit', value: 'Send' }, { name: 'key', value: 'x' }],
  ],
])('accepts fields %s', async (_, change) => {
  const { url, fields } = await gateway.form();

  const { status } = await sendForm(url, change(browserForm(fields, photo)));

  expect(status).toBe(204);
  expect(gateway.events).toMatchObject([{ key: KEY }]);
});

test.each([
  ['200', 200],
  ['204', 204],
  ['999', 204],
])('responds to success_action_status %s with %i', async (wanted, status) => {
  const form = await gateway.form({ Fields: { success_action_status: wanted } });

  expect(await post(form, photo)).toMatchObject({ status, body: '' });
});

test('responds to success_action_status 201 with the location of the object', async () => {
  const Key = 'temp/a & <b>';
  const form = await gateway.form({ Key, Fields: { success_action_status: '201' } });

  const { status, headers, body } = await post(form, photo);

  const location = `${gateway.url}/portrait/temp%2Fa%20%26%20%3Cb%3E`;
  expect(status).toBe(201);
  expect(headers).toMatchObject({ 'content-type': 'application/xml', location });
  expect(body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<PostResponse><Location>${location}</Location><Bucket>portrait</Bucket>` +
      `<Key>temp/a &amp; &lt;b&gt;</Key><ETag>${headers.etag}</ETag></PostResponse>`,
  );
});

test.each([
  ['ich über $& alles.jpg', 'temp/ich über $& alles.jpg'],
  ['C:\\photos\\me.jpg', 'temp/me.jpg'],
  ['../../image/me.jpg', 'temp/me.jpg'],
])('inserts the file name %s into the key', async (filename, key) => {
  const { url, fields } = await gateway.form({ Key: `temp/\${filename}` });
  const parts = browserForm(fields, photo).map((part) =>
    part.filename ? { ...part, filename } : part,
  );

  const { status } = await sendForm(url, parts);

  expect(status).toBe(204);
  expect(gateway.events).toMatchObject([{ key }]);
  expect((await gateway.read(key)).bytes.equals(photo)).toBe(true);
});

test.each([
  ['image/png', 204],
  ['image/png,text/html', 403],
  ['text/html', 403],
])('requires every type of %s to start as the policy says', async (type, status) => {
  const { url, fields } = await gateway.form({
    Fields: {},
    Conditions: [['starts-with', '$Content-Type', 'image/']],
  });

  const answer = await sendForm(url, browserForm({ ...fields, 'Content-Type': type }, photo));

  expect(answer.status).toBe(status);
});

test('stores headers and metadata of any language', async () => {
  const form = await gateway.form({
    Fields: { 'Cache-Control': 'no-store', 'x-amz-meta-alt': 'Zoë am Meer' },
  });

  await post(form, photo);

  const { CacheControl, ContentType, Metadata } = await gateway.read(KEY);
  expect({ CacheControl, ContentType }).toEqual({
    CacheControl: 'no-store',
    ContentType: 'application/octet-stream',
  });
  expect(Metadata).toEqual({ alt: `=?UTF-8?B?${Buffer.from('Zoë am Meer').toString('base64')}?=` });
});

test('requires the session token of temporary credentials', async () => {
  const session = { ...KEYS, sessionToken: 'token' };
  await using inSession = await openS3Gateway(session);
  const send = async (sessionToken?: string) => {
    const keys = { ...KEYS, ...(sessionToken && { sessionToken }) };
    const { status, code } = await post(await inSession.form({ keys }), photo);
    return [status, code];
  };

  expect(await send()).toEqual([403, 'InvalidAccessKeyId']);
  expect(await send('other')).toEqual([400, 'InvalidToken']);
  expect(await send('token')).toEqual([204, undefined]);
});

/** A browser's question before it sends a form from another site. */
const ask = (headers: Record<string, string>) =>
  fetch(`${gateway.url}/portrait`, { method: 'OPTIONS', headers });

test('allows pages of any origin to send forms', async () => {
  const response = await ask({
    origin: 'https://example.org',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-requested-with',
  });

  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': 'x-requested-with',
    'access-control-expose-headers': 'ETag',
  });
});

test.each<[string, Record<string, string>, [number, string]]>([
  ['no site', { 'access-control-request-method': 'POST' }, [400, 'BadRequest']],
  ['no method', { origin: 'https://example.org' }, [400, 'BadRequest']],
  [
    'a method that deletes',
    { origin: 'https://example.org', 'access-control-request-method': 'DELETE' },
    [403, 'AccessForbidden'],
  ],
])('rejects a preflight with %s', async (_, headers, [status, code]) => {
  const response = await ask(headers);

  expect(response.status).toBe(status);
  expect(await response.text()).toContain(`<Code>${code}</Code>`);
});
