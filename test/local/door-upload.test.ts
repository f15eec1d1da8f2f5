import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Door, KEY, MAX_BYTES, openDoor } from './support/door.ts';
import { post } from './support/form.ts';

let door: Door;
beforeEach(async () => {
  door = await openDoor();
});
afterEach(() => door[Symbol.asyncDispose]());

const photo = Buffer.alloc(MAX_BYTES, 'portrait');

test('stores what a presigned form brings, with its type and metadata, and tells of it first', async () => {
  const form = await door.form();

  const { status, headers, body } = await post(form, photo);

  const { bytes, ContentType, Metadata, ETag } = await door.read(KEY);
  expect({ status, body }).toEqual({ status: 204, body: '' });
  expect(headers).toMatchObject({
    etag: ETag,
    location: `${door.url}/portrait/${encodeURIComponent(KEY)}`,
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'ETag',
  });
  expect({ ContentType, Metadata }).toEqual({
    ContentType: 'image/jpeg',
    Metadata: { crop: 'CENTRE' },
  });
  expect(bytes.equals(photo)).toBe(true);
  expect(door.events).toEqual([{ key: KEY, size: MAX_BYTES, eTag: ETag }]);
});

test('takes a photo of 25 MiB', async () => {
  const large = Buffer.alloc(25 * 1024 * 1024, 'portrait');
  const form = await door.form({ Conditions: [['content-length-range', 1, large.length]] });

  const { status } = await post(form, large);

  expect(status).toBe(204);
  expect((await door.read(KEY)).bytes.equals(large)).toBe(true);
});
