import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { type Person, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let boss: Person;
beforeAll(async () => {
  product = await startProduct();
  boss = await signInAdmin(product);
});
afterAll(() => product.close());

const DELETE = 'mutation ($id: ID!) { deleteUser(id: $id) }';
const SET_ROLE = `mutation ($id: ID!, $role: Role!) {
  updateUser(id: $id, input: { role: $role }) { role }
}`;

const remove = (by: Person, { id }: Person) => by.send(DELETE, { id });
const lower = (by: Person, { id }: Person) => by.send(SET_ROLE, { id, role: 'USER' });
const admins = () => product.sql<{ id: string }>(`select id from users where role = 'ADMIN'`);

async function makeAdmin() {
  const person = await signUp(product);
  await boss.query(SET_ROLE, { id: person.id, role: 'ADMIN' });
  return person;
}

describe('the last admin', () => {
  test.each([
    ['lowered', lower],
    ['deleted', remove],
  ])('cannot be %s', async (_, act) => {
    const { status, errors } = await act(boss, boss);

    expect(status).toBe(409);
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', retryable: false, field: 'role' });
    expect(await admins()).toEqual([{ id: boss.id }]);
    expect((await boss.query('{ me { role } }')).me.role).toBe('ADMIN');
  });

  test('can change everything else about themselves', async () => {
    const input = { firstName: 'Still', role: 'ADMIN' };

    const { errors } = await boss.send(
      'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }',
      { id: boss.id, input },
    );

    expect(errors).toEqual([]);
  });
});

describe('two admins', () => {
  let second: Person;
  beforeEach(async () => {
    second = await makeAdmin();
  });

  test('can both leave only until one is left', async () => {
    const outcomes = [outcomeOf(await remove(second, second)), outcomeOf(await remove(boss, boss))];

    expect(outcomes).toEqual(['ok', 'CONFLICT']);
  });

  test('who demote each other in one request leave one', async () => {
    const { errors } = await boss.send(
      `mutation ($a: ID!, $b: ID!) {
        one: updateUser(id: $a, input: { role: USER }) { role }
        two: updateUser(id: $b, input: { role: USER }) { role }
      }`,
      { a: second.id, b: boss.id },
    );

    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['CONFLICT']);
    expect(await admins()).toEqual([{ id: boss.id }]);
  });
});

describe.each([
  ['delete', remove, remove],
  ['lower', lower, lower],
  ['delete and lower', remove, lower],
])('two admins who concurrently %s each other', (_, one, other) => {
  test('leave exactly one', async () => {
    for (let round = 0; round < 5; round++) {
      const second = await makeAdmin();

      const outcomes = (await Promise.all([one(boss, second), other(second, boss)])).map(outcomeOf);

      // Who comes second is no admin any more, or the last one: by then nobody is left to decide.
      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
      expect(outcomes.join()).toMatch(/CONFLICT|NOT_FOUND|FORBIDDEN|UNAUTHENTICATED/);
      const left = await admins();
      expect(left).toHaveLength(1);
      boss = left[0]?.id === boss.id ? boss : second;
    }
  });
});

test('of many admins who all leave concurrently one stays', async () => {
  const people = [boss, ...(await Promise.all(Array.from({ length: 5 }, makeAdmin)))];

  const outcomes = (
    await Promise.all(people.map((person, n) => (n % 2 ? remove : lower)(person, person)))
  ).map(outcomeOf);

  expect(outcomes.sort()).toEqual(['CONFLICT', ...Array(people.length - 1).fill('ok')]);
  expect(await admins()).toHaveLength(1);
});
