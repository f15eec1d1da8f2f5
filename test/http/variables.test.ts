/** Variables of the wrong type are a client error over every transport, and their values appear in no response or log. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, signUp } from '../support/client.ts';
import { captureLog, type Log } from '../support/log.ts';
import { type Product, startProduct } from '../support/product.ts';
import { openRaw, subscribe } from '../support/socket.ts';

let log: Log;
let product: Product;
let person: Person;
beforeAll(async () => {
  log = captureLog();
  product = await startProduct({ LOG_LEVEL: 'info' });
  person = await signUp(product);
});
afterAll(async () => {
  await product.close();
  log.release();
  expect(log.entries().filter(({ level }) => level >= 50)).toEqual([]);
  expect(log.text()).not.toContain('hunter2');
});

const ID = '($x: ID!) { photo(id: $x) { status } }';
const SIZE = '($x: Int) { photo(id: "x") { url(size: $x) } }';
const FORMAT = '($x: ImageFormat) { photo(id: "x") { url(format: $x) } }';
const FLAG = '($x: Boolean!) { photo(id: "x") { status @include(if: $x) } }';

test.each<[string, string, unknown, string]>([
  ['an object as an ID', ID, { secret: 'hunter2' }, 'ID cannot represent value.'],
  ['a list as an ID', ID, ['hunter2'], 'ID cannot represent value.'],
  ['a fraction as an ID', ID, 1.5, 'ID cannot represent value.'],
  ['separators in a value', ID, ['hunter2; at "x"; hunter2: '], 'ID cannot represent value.'],
  ['a string as an Int', SIZE, 'hunter2', 'Int cannot represent non-integer value.'],
  ['too large an Int', SIZE, 1e99, 'Int cannot represent non 32-bit signed integer value.'],
  ['a string as a Boolean', FLAG, 'hunter2', 'Boolean cannot represent a non boolean value.'],
  ['an unknown enum value', FORMAT, 'hunter2', 'The value does not exist in "ImageFormat" enum.'],
  [
    'a list as an enum',
    FORMAT,
    ['hunter2'],
    'Enum "ImageFormat" cannot represent non-string value.',
  ],
  ['nothing', ID, undefined, 'Variable "$x" of required type "ID!" was not provided.'],
  ['null', ID, null, 'Variable "$x" of non-null type "ID!" must not be null.'],
])('over HTTP and WebSocket, %s is a client error', async (...[, operation, x, reason]) => {
  const message = reason.startsWith('Variable') ? reason : `Variable "$x": ${reason}`;
  const mistake = { message, extensions: { code: 'BAD_USER_INPUT', retryable: false } };

  const { status, errors } = await person.send(`query ${operation}`, { x });
  const socket = await openRaw(product, { params: { authorization: `Bearer ${person.token}` } });
  socket.send(subscribe('1', `subscription ${operation}`, { x }));

  expect([status, errors]).toMatchObject([400, [mistake]]);
  await expect
    .poll(() => socket.messages.find(({ id }) => id === '1'))
    .toMatchObject({ type: 'next', payload: { errors: [mistake] } });
  socket.close();
});
