import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { type Person, signUp } from '../support/client.ts';
import {
  type PresignedPost,
  requestPresignedPost,
  sendPresignedPost,
} from '../support/direct-upload.ts';
import { makePhoto } from '../support/photos.ts';
import { type Product, startProduct } from '../support/product.ts';
import { followPhoto, subscriptionClient, withoutProcessing } from '../support/subscription.ts';

let product: Product;
/** A second process of the API on the same database, as far as one can be in one process. */
let other: App;
let emitters: EventEmitter[];
beforeAll(async () => {
  const spy = vi.spyOn(EventEmitter.prototype, 'setMaxListeners');
  product = await startProduct({ THUMB_DIMENSIONS: '100' });
  other = await createApp({ ...product.config, port: 0 });
  emitters = spy.mock.contexts.filter(
    (one, call): one is EventEmitter =>
      Object(one).constructor === EventEmitter && spy.mock.calls[call]?.[0] === 0,
  );
  spy.mockRestore();
});
afterAll(async () => {
  await other.close();
  await product.close();
});

let owner: Person;
let form: PresignedPost;
beforeEach(async () => {
  owner = await signUp(product);
  form = await requestPresignedPost(owner);
});

/** Photos that anybody listens for, in either process. */
const followed = () =>
  emitters.flatMap((emitter) => emitter.eventNames().filter((name) => name !== 'error'));
const isFollowed = () => expect.poll(followed).toContain(form.photo.id);

const LISTENING = `from pg_stat_activity
  where datname = current_database() and application_name = 'portrait photo events'`;
const cutOff = () => product.sql(`select pg_terminate_backend(pid) ${LISTENING}`);

test('every process receives the change of a photo', async () => {
  expect(emitters).toHaveLength(2);
  const following = [product, other].map((app) =>
    followPhoto(subscriptionClient(app, owner.token), form.photo.id),
  );
  await expect.poll(() => followed().filter((id) => id === form.photo.id)).toHaveLength(2);

  await sendPresignedPost(form, await makePhoto());

  for (const { states, codes } of await Promise.all(following)) {
    expect({ states: withoutProcessing(states), codes }).toEqual({
      states: ['AWAITING_UPLOAD', 'READY'],
      codes: [],
    });
  }
});

describe('when the database ends the listening connection', () => {
  test('later changes are received', async () => {
    const following = followPhoto(subscriptionClient(product, owner.token), form.photo.id);
    await isFollowed();

    expect(await cutOff()).toHaveLength(2);
    await sendPresignedPost(form, await makePhoto());

    const { states, codes } = await following;
    expect({ states: withoutProcessing(states), codes }).toEqual({
      states: ['AWAITING_UPLOAD', 'READY'],
      codes: [],
    });
  });

  test('changes in between are reported after the reconnect', async () => {
    const following = followPhoto(subscriptionClient(product, owner.token), form.photo.id);
    await isFollowed();

    // Nobody announces this, as nobody hears what is announced in a gap.
    await product.sql(`update photos set status = 'EXPIRED' where id = $1`, [form.photo.id]);
    await cutOff();

    const { states, codes } = await following;
    expect({ states, codes }).toEqual({ states: ['AWAITING_UPLOAD', 'EXPIRED'], codes: [] });
  });
});

describe('a photo has no listener left', () => {
  test('after the final state', async () => {
    const following = followPhoto(subscriptionClient(product, owner.token), form.photo.id);
    await sendPresignedPost(form, await makePhoto());

    await following;

    await expect.poll(followed).toEqual([]);
  });

  test('after the subscriber unsubscribes', async () => {
    const heard = subscriptionClient(product, owner.token).iterate({
      query: 'subscription ($id: ID!) { photo(id: $id) { status } }',
      variables: { id: form.photo.id },
    });
    await heard.next();
    await isFollowed();

    await heard.return?.();

    await expect.poll(followed).toEqual([]);
  });

  test('after the connection is cut', async () => {
    const socket = subscriptionClient(product, owner.token);
    const following = followPhoto(socket, form.photo.id).catch(() => undefined);
    await isFollowed();

    socket.terminate();

    await following;
    await expect.poll(followed).toEqual([]);
  });
});
