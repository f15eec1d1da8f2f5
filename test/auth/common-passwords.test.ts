import { afterAll, beforeAll, expect, test } from 'vitest';
import { graphqlClient, type Person, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let person: Person;
beforeAll(async () => {
  product = await startProduct();
  person = await signUp(product);
});
afterAll(() => product.close());

const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
const CHANGE =
  'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }';

test.each(['password', 'PassWord', '123456789', 'qwertyuiop', 'baseball', 'iloveyou'])(
  '%s is no password: neither of a new account nor of an old one',
  async (password) => {
    const input = { username: 'someone', email: 'someone@example.org', password };
    const made = await graphqlClient(product).send(CREATE, { input });
    const changed = await person.send(CHANGE, { id: person.id, input: { password } });

    for (const { status, errors } of [made, changed]) {
      expect(status).toBe(400);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'password', message: expect.stringContaining('guessed first') }],
      });
    }
  },
);

test('accepts a password that merely contains a common word', async () => {
  const input = {
    username: 'another',
    email: 'another@example.org',
    password: 'password of a horse',
  };
  const { status } = await graphqlClient(product).send(CREATE, { input });
  expect(status).toBe(200);
});
