import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { type Client, graphqlClient, type Person, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { id role } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateUserInput!) {
  updateUser(id: $id, input: $input) { id role firstName }
}`;

let made = 0;
const newcomer = (wishes = {}) => {
  const username = `newcomer${made++}`;
  return { username, email: `${username}@example.org`, password: 'long enough', ...wishes };
};

describe('roles', () => {
  let product: Product;
  let boss: Person;
  let person: Person;
  beforeAll(async () => {
    product = await startProduct();
    boss = await signInAdmin(product);
  });
  beforeEach(async () => {
    person = await signUp(product);
  });
  afterAll(() => product.close());

  test.each(['USER', 'ADMIN'])('%s is given at creation by an admin alone', async (role) => {
    const input = () => newcomer({ role });

    const byVisitor = await graphqlClient(product).send(CREATE, { input: input() });
    const byUser = await person.send(CREATE, { input: input() });
    const byAdmin = await boss.send(CREATE, { input: input() });

    expect([byVisitor, byUser].map(outcomeOf)).toEqual(['UNAUTHENTICATED', 'FORBIDDEN']);
    expect([byVisitor, byUser].map(({ status }) => status)).toEqual([401, 403]);
    expect(byAdmin.data.createUser.role).toBe(role);
  });

  test('is USER by default', async () => {
    const { data } = await graphqlClient(product).send(CREATE, { input: newcomer({ role: null }) });

    expect(data.createUser.role).toBe('USER');
  });

  test.each(['USER', 'ADMIN'])('%s is no role to give oneself', async (role) => {
    const input = { role, firstName: 'Changed' };

    const answer = await person.send(UPDATE, { id: person.id, input });

    expect(outcomeOf(answer)).toBe('FORBIDDEN');
    const { me } = await person.query('{ me { role firstName } }');
    expect(me).toEqual({ role: 'USER', firstName: '' });
  });

  test('null is rejected', async () => {
    const input = { role: null, firstName: 'Mine' };

    const { data } = await person.send(UPDATE, { id: person.id, input });

    expect(data.updateUser).toMatchObject({ role: 'USER', firstName: 'Mine' });
  });

  test('can be raised and lowered by an admin, effective on the next request', async () => {
    const other = await signUp(product);
    const change = (role: string) => boss.query(UPDATE, { id: other.id, input: { role } });

    await change('ADMIN');
    const raised = await other.send(UPDATE, { id: person.id, input: { firstName: 'By other' } });
    await change('USER');
    const lowered = await other.send(UPDATE, { id: person.id, input: { firstName: 'Again' } });

    expect([raised, lowered].map(outcomeOf)).toEqual(['ok', 'UNAUTHENTICATED']);
  });
});

describe('with SIGN_UP=closed', () => {
  let product: Product;
  let boss: Person;
  beforeAll(async () => {
    product = await startProduct({ SIGN_UP: 'closed' });
    boss = await signInAdmin(product);
  });
  afterAll(() => product.close());

  test('only admins create users', async () => {
    const input = newcomer();
    const { createUser } = await boss.query(CREATE, { input });
    const { signIn } = await graphqlClient(product).query(
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token user { id } } }',
      input,
    );
    const user: Client = graphqlClient(product, signIn.token);

    const byVisitor = await graphqlClient(product).send(CREATE, { input: newcomer() });
    const byUser = await user.send(CREATE, { input: newcomer() });

    expect(signIn.user.id).toBe(createUser.id);
    expect([byVisitor, byUser].map(outcomeOf)).toEqual(['UNAUTHENTICATED', 'FORBIDDEN']);
    const users = await product.sql('select id from users');
    expect(users).toHaveLength(2);
  });
});
