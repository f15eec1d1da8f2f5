import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, signIn, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let boss: Person;
beforeAll(async () => {
  product = await startProduct();
  boss = await signInAdmin(product);
});
afterAll(() => product.close());

const UPDATE = `mutation ($id: ID!, $input: UpdateUserInput!) {
  updateUser(id: $id, input: $input) {
    id username email firstName lastName role createdAt updatedAt profile { id }
  }
}`;

const rowOf = async ({ id }: Person) =>
  (await product.sql('select * from users where id = $1', [id]))[0];

test('changes the given fields and returns the user', async () => {
  const person = await signUp(product, { firstName: 'Old', lastName: 'Name' });
  const before = (await rowOf(person)) as { created_at: Date };
  const input = { username: 'Renamed', email: 'Renamed@Example.org', firstName: 'New' };

  const { updateUser } = await person.query(UPDATE, { id: person.id, input });

  expect(updateUser).toMatchObject({
    ...input,
    id: person.id,
    lastName: 'Name',
    role: 'USER',
    createdAt: before.created_at.toISOString(),
    profile: { id: person.profileId },
  });
  expect(Date.parse(updateUser.updatedAt)).toBeGreaterThan(before.created_at.getTime());
  expect((await person.query('{ me { username email } }')).me).toEqual({
    username: input.username,
    email: input.email,
  });
});

test.each([
  ['absent', {}],
  [
    'null',
    { username: null, email: null, password: null, firstName: null, lastName: null, role: null },
  ],
])('does not change a field that is %s', async (_, input) => {
  const person = await signUp(product, { firstName: 'Old', lastName: 'Name' });
  const before = await rowOf(person);

  await person.query(UPDATE, { id: person.id, input });

  expect(await rowOf(person)).toEqual(before);
  expect(await signIn(product, person)).toBeTypeOf('string');
});

test('an empty name removes the name', async () => {
  const person = await signUp(product, { firstName: 'Old', lastName: 'Name' });

  const { updateUser } = await person.query(UPDATE, { id: person.id, input: { firstName: '' } });

  expect(updateUser).toMatchObject({ firstName: '', lastName: 'Name' });
});

test('the new address signs in, the old one does not', async () => {
  const person = await signUp(product);
  const email = `new-${person.email}`;

  await person.query(UPDATE, { id: person.id, input: { email } });

  expect(await signIn(product, { ...person, email })).toBeTypeOf('string');
  await expect(signIn(product, person)).rejects.toThrow('UNAUTHENTICATED');
});

test('users can change the case of their own username', async () => {
  const person = await signUp(product, { username: 'lowercase' });

  const { updateUser } = await person.query(UPDATE, {
    id: person.id,
    input: { username: 'LowerCase' },
  });

  expect(updateUser.username).toBe('LowerCase');
});

test('reports all invalid fields together, and changes none', async () => {
  const person = await signUp(product);
  const before = await rowOf(person);
  const long = 'x'.repeat(201);
  const wrong = { username: '-', email: '-', password: long, firstName: long, lastName: long };

  const { status, errors } = await person.send(UPDATE, { id: person.id, input: wrong });

  expect(status).toBe(400);
  expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const fields = errors[0]?.extensions.fields as { path: string }[];
  expect(fields.map(({ path }) => path).sort()).toEqual(Object.keys(wrong).sort());
  expect(await rowOf(person)).toEqual(before);
});

describe('a taken value', () => {
  test.each(['username', 'email'] as const)('is a CONFLICT that names %s', async (field) => {
    const [person, other] = [await signUp(product), await signUp(product)];
    const before = await rowOf(person);
    const input = { firstName: 'Changed', [field]: other[field].toUpperCase() };

    const { status, errors } = await person.send(UPDATE, { id: person.id, input });

    expect(status).toBe(409);
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', retryable: false, field });
    expect(await rowOf(person)).toEqual(before);
  });

  test.each([
    ['username', 'Wanted', 'wANTED'],
    ['email', 'Wanted@example.org', 'wanted@EXAMPLE.org'],
  ])(
    'goes to exactly one of many concurrent users who want the same %s',
    async (field, ...forms) => {
      const people = await Promise.all(Array.from({ length: 10 }, () => signUp(product)));

      const answers = await Promise.all(
        people.map((person, n) =>
          person.send(UPDATE, { id: person.id, input: { [field]: forms[n % 2] } }),
        ),
      );

      const outcomes = answers.map(({ errors }) => errors[0]?.extensions ?? 'changed');
      expect(outcomes.filter((outcome) => outcome === 'changed')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome !== 'changed')).toEqual(
        Array(9).fill({ code: 'CONFLICT', retryable: false, field }),
      );
    },
  );
});

test('concurrent changes of one user are all applied completely', async () => {
  const person = await signUp(product);
  const names = Array.from({ length: 10 }, (_, n) => `name ${n}`);

  await Promise.all(
    names.map((name, n) =>
      (n % 2 ? person : boss).query(UPDATE, {
        id: person.id,
        input: { firstName: name, lastName: name },
      }),
    ),
  );

  const { me } = await person.query('{ me { firstName lastName } }');
  expect(names).toContain(me.firstName);
  expect(me.lastName).toBe(me.firstName);
});

test('changes of one user in one request are applied in order', async () => {
  const person = await signUp(product);

  const answer = await person.query(
    `mutation ($id: ID!) {
      first: updateUser(id: $id, input: { firstName: "A", lastName: "A" }) { firstName lastName }
      second: updateUser(id: $id, input: { firstName: "B" }) { firstName lastName }
    }`,
    { id: person.id },
  );

  expect(answer).toEqual({
    first: { firstName: 'A', lastName: 'A' },
    second: { firstName: 'B', lastName: 'A' },
  });
});
