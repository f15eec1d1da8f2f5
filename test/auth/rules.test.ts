import { readFileSync } from 'node:fs';
import { buildSchema, isNonNullType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/errors.ts';
import {
  AUTHORIZATION_TABLE,
  CALLERS,
  type Caller,
  type Outcome,
  outcomeOf,
} from '../support/authorization-table.ts';
import { type Client, graphqlClient, type Person, signInAdmin, signUp } from '../support/client.ts';
import { type Product, startProduct } from '../support/product.ts';

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
const operations = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({
    name: `${type}.${field.name}`,
    // A field that may be null leaves data beside its error, and GraphQL over HTTP wants 200 then.
    isNullable: !isNonNullType(field.type),
  })),
);

let product: Product;
let clients: Record<'anonymous' | 'other' | 'admin', Client>;
/** The owner in all that is refused: nothing ever happens to them. */
let bystander: Person;
beforeAll(async () => {
  product = await startProduct();
  clients = {
    anonymous: graphqlClient(product),
    other: await signUp(product),
    admin: await signInAdmin(product),
  };
  bystander = await signUp(product);
});
afterAll(() => product.close());

const callerOf = (caller: Caller, owner: Person): Client =>
  caller === 'owner' ? owner : clients[caller];

const statusOf = (outcome: Outcome, { isNullable }: { isNullable: boolean }) =>
  outcome === 'ok' || isNullable ? 200 : ERRORS[outcome].status;

test('every operation of the schema has exactly one row in the table', () => {
  expect(Object.keys(AUTHORIZATION_TABLE).sort()).toEqual(
    operations.map(({ name }) => name).sort(),
  );
});

describe.each(operations)('$name', (operation) => {
  const row = AUTHORIZATION_TABLE[operation.name];

  const callers = CALLERS.map((caller) => ({ caller, outcome: row?.may[caller] ?? 'ok' }));

  test.each(callers.filter(({ outcome }) => outcome === 'ok'))(
    'is open to $caller',
    async ({ caller }) => {
      const owner = await signUp(product);
      const given = (await row?.prepare?.(owner)) ?? '';

      const answer = await callerOf(caller, owner).send(
        row?.document ?? '',
        row?.about?.(owner, given),
      );

      expect(answer).toMatchObject({ status: 200, errors: [] });
    },
  );

  test.each(callers.filter(({ outcome }) => outcome !== 'ok'))(
    'is $outcome to $caller, and changes nothing',
    async ({ caller, outcome }) => {
      const before = await everything();

      const answer = await callerOf(caller, bystander).send(
        row?.document ?? '',
        row?.about?.(bystander, bystander.id),
      );

      expect(outcomeOf(answer)).toBe(outcome);
      expect(answer.status).toBe(statusOf(outcome, operation));
      expect(await everything()).toEqual(before);
    },
  );
});

/** All rows there are. */
const everything = () =>
  product.sql(`select to_jsonb(users) from users union all select to_jsonb(profiles) from profiles
    union all select to_jsonb(photos) from photos order by 1`);

const withId = operations.filter(({ name }) =>
  AUTHORIZATION_TABLE[name]?.document.includes('$id: ID!'),
);
const STRANGE_IDS = {
  'an id nobody has': '01890000-0000-7000-8000-000000000000',
  'a word': 'me',
  'no characters': '',
  'a number': '1',
  'an id with a character too many': '01890000-0000-7000-8000-0000000000000',
  'an id in braces': '{01890000-0000-7000-8000-000000000000}',
  SQL: "' or true --",
};

describe.each(withId)('$name with an id that does not exist', ({ name, isNullable }) => {
  const document = AUTHORIZATION_TABLE[name]?.document ?? '';
  const absent = name.startsWith('Query.') ? 'ok' : 'NOT_FOUND';

  test.each(Object.entries(STRANGE_IDS))('is no fault of ours: %s', async (_, id) => {
    for (const caller of ['other', 'admin'] as const) {
      const answer = await clients[caller].send(document, { id });

      expect(outcomeOf(answer)).toBe(absent);
      expect(answer.status).toBe(statusOf(absent, { isNullable }));
      if (absent === 'ok') expect(Object.values(answer.data)).toEqual([null]);
    }
  });

  test('does not reveal to anonymous callers what exists', async () => {
    const answer = await clients.anonymous.send(document, { id: 'me' });

    expect(outcomeOf(answer)).toBe('UNAUTHENTICATED');
  });
});

test('an uppercase id is NOT_FOUND instead of an error', async () => {
  const owner = await signUp(product);

  const answer = await owner.send('query ($id: ID!) { user(id: $id) { id } }', {
    id: owner.id.toUpperCase(),
  });

  expect(answer).toMatchObject({ status: 200, data: { user: null }, errors: [] });
});
