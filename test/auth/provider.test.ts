import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomeOf } from '../support/authorization-table.ts';
import { graphqlClient, signIn, signUp } from '../support/client.ts';
import { type Issuer, now, startIssuer } from '../support/issuer.ts';
import { ADMIN, type Product, startProduct } from '../support/product.ts';

let issuer: Issuer;
let product: Product;
beforeAll(async () => {
  issuer = await startIssuer();
  product = await startProduct(issuer.env);
});
afterAll(async () => {
  await product.close();
  await issuer.close();
});

const ME = '{ me { id username email firstName lastName role profile { id displayName bio } } }';
const DELETE = 'mutation ($id: ID!) { deleteUser(id: $id) }';
const UPDATE = `mutation ($id: ID!, $input: UpdateUserInput!) {
  updateUser(id: $id, input: $input) { id }
}`;

const someone = async (claims: Record<string, unknown>) =>
  graphqlClient(product, await issuer.token(claims));
const boss = () => someone({ sub: 'boss', email: ADMIN.email, email_verified: true });
const usersOf = (email: string) =>
  product.sql('select id from users where lower(email) = lower($1)', [email]);

/** When a token must have been issued after a revocation, so that no difference of the clocks makes it older. */
const soonest = () => Date.now() / 1000 + 30;

/** A person of whom only the name matters. */
const claimsOf = (name: string, more = {}) => ({
  sub: `sub of ${name}`,
  email: `${name}@example.org`,
  ...more,
});

describe('the first request of a user', () => {
  test('creates the account from the claims, with an empty profile', async () => {
    const names = { preferred_username: 'Anna.L', given_name: 'Anna', family_name: 'Larsen' };
    const anna = await someone(claimsOf('anna', names));

    const { me } = await anna.query(ME);

    expect(me).toMatchObject({
      username: 'Anna.L',
      email: 'anna@example.org',
      firstName: 'Anna',
      lastName: 'Larsen',
      role: 'USER',
      profile: { displayName: '', bio: '' },
    });
    expect((await anna.query(ME)).me).toEqual(me);
  });

  test.each([
    ['their own', { preferred_username: 'Berta_B' }, /^Berta_B$/],
    ['that of the address when they have none', { email: 'caesar@example.org' }, /^caesar$/],
    ['without what a username may not have', { preferred_username: '~Dóra & Co~' }, /^D\.ra\.Co$/],
    ['cut to a length', { preferred_username: `${'e'.repeat(19)}.${'e'.repeat(9)}` }, /^e{19}$/],
    ['another when theirs is taken', { preferred_username: 'ADMIN' }, /^ADMIN\d+$/],
    ['longer when theirs is too short', { preferred_username: 'xy' }, /^xy\d+$/],
    ['generated when no valid character is left', { preferred_username: '影' }, /^user\d+$/],
    [
      'that of the address when theirs is no text',
      { preferred_username: 7, email: 'gustav@example.org' },
      /^gustav$/,
    ],
  ])('assigns a username: %s', async (kind, claims, expected) => {
    const person = await someone({ sub: kind, email: `${randomUUID()}@example.org`, ...claims });

    const { me } = await person.query(ME);

    expect(me.username).toMatch(expected);
    expect(me.username).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{1,28}[A-Za-z0-9]$/);
  });

  test('truncates names that are too long and accepts missing ones', async () => {
    const person = await someone(
      claimsOf('ida', { given_name: '👩‍🚀'.repeat(90), family_name: null }),
    );

    const { me } = await person.query(ME);

    expect([...me.firstName]).toHaveLength(100);
    expect(me.lastName).toBe('');
  });

  test.each([false, true])('made many times at once makes one user (%j)', async (verified) => {
    const name = `julius.${verified}`;
    const token = await issuer.token(claimsOf(name, { email_verified: verified }));

    const answers = await Promise.all(
      Array.from({ length: 30 }, () => graphqlClient(product, token).query(ME)),
    );

    expect(new Set(answers.map(({ me }) => me.id)).size).toBe(1);
    expect(await usersOf(`${name}@example.org`)).toHaveLength(1);
    const profiles = await product.sql('select id from profiles where user_id = $1', [
      answers[0]?.me.id,
    ]);
    expect(profiles).toHaveLength(1);
  });

  test('concurrently with others for one preferred username gives each their own', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `karl${n}`);
    const people = await Promise.all(
      names.map((name) => someone(claimsOf(name, { preferred_username: 'karl' }))),
    );

    const answers = await Promise.all(people.map((person) => person.query(ME)));

    const usernames = answers.map(({ me }) => me.username);
    expect(new Set(usernames).size).toBe(10);
    expect(usernames).toContain('karl');
  });

  test.each([{ email: undefined }, { email: 'no address' }, { email: null }, { email: 7 }])(
    'is refused without an e-mail address: %j',
    async (claims) => {
      const { status, errors } = await (await someone({ sub: 'nobody', ...claims })).send(
        '{ users { totalCount } }',
      );

      expect(status).toBe(401);
      expect(errors).toMatchObject([
        {
          message: 'The token must carry an email claim.',
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ]);
    },
  );
});

describe('an address that has an account', () => {
  const created = async (name: string) => {
    const email = `${name}@example.org`;
    const { createUser } = await (await boss()).query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { username: name, email, password: 'long enough' } },
    );
    return createUser.id as string;
  };

  test.each([true, 'true'])(
    'is joined when the provider has verified it (%j)',
    async (verified) => {
      const name = `ludwig.${typeof verified}`;
      const id = await created(name);
      const claims = { email: `${name}@EXAMPLE.org`, email_verified: verified };

      const { me } = await (await someone(claimsOf(name, claims))).query(ME);

      expect(me).toMatchObject({ id, username: name, email: `${name}@example.org` });
    },
  );

  test('of the first admin gives admin rights', async () => {
    expect((await (await boss()).query(ME)).me).toMatchObject({ username: 'admin', role: 'ADMIN' });
  });

  test.each([false, 'false', undefined, null, 'perhaps', 1])(
    'is neither joined nor reserved when the provider has not verified it (%j)',
    async (verified) => {
      const name = `martha.${typeof verified}.${String(verified)}`;
      const id = await created(name);
      const claims = claimsOf(name, { email_verified: verified });

      const { me: stranger } = await (await someone(claims)).query(ME);
      const owner = await someone({ ...claims, sub: `owner of ${name}`, email_verified: true });

      expect(stranger.id).not.toBe(id);
      expect((await owner.query(ME)).me.id).toBe(id);
    },
  );

  test('is linked in any spelling', async () => {
    const { createUser } = await (await boss()).query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { username: 'mueller', email: 'mueller@müller.example', password: 'long enough' } },
    );
    const claims = { email: 'Mueller@xn--mller-kva.example', email_verified: true };

    const { me } = await (await someone(claimsOf('mueller', claims))).query(ME);

    expect(me.id).toBe(createUser.id);
  });

  test('loses the password and the tokens of its creator, also after a switch back to passwords', async () => {
    const passwords = await startProduct({ DATABASE_URL: product.config.databaseUrl });
    const squatter = await signUp(passwords);
    const claims = claimsOf('olga', { email: squatter.email, email_verified: true });

    const { me } = await (await someone(claims)).query(ME);
    const withToken = outcomeOf(await graphqlClient(passwords, squatter.token).send(ME));
    const withPassword = await signIn(passwords, squatter).catch((error: Error) => error.message);
    await passwords.close();

    expect(me.id).toBe(squatter.id);
    expect(withToken).toBe('UNAUTHENTICATED');
    expect(withPassword).toContain('UNAUTHENTICATED');
  });

  test('is not matched as a pattern', async () => {
    await created('nathan.x');

    const claims = claimsOf('other', { email: 'nathan_x@example.org', email_verified: true });
    const { me } = await (await someone(claims)).query(ME);

    expect(me.email).toBe('nathan_x@example.org');
  });

  test('is linked to the first of two concurrent users who have verified it', async () => {
    await created('otto');
    const people = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        someone({ ...claimsOf('otto', { email_verified: true }), sub: `otto ${n}` }),
      ),
    );

    const first = (await Promise.all(people.map((person) => person.send(ME)))).map(outcomeOf);
    const second = (await Promise.all(people.map((person) => person.send(ME)))).map(outcomeOf);

    expect(first.toSorted()).toEqual([...Array(5).fill('CONFLICT'), 'ok']);
    expect(second).toEqual(first);
  });
});

describe('an unverified address', () => {
  const CLAIMED = { email_verified: false };
  const VERIFIED = { email_verified: true };

  test('at a first sign-in yields to its verified owner, and both accounts keep working', async () => {
    const squatter = await someone(claimsOf('uta', { ...CLAIMED, sub: 'squatter of uta' }));
    const { me: first } = await squatter.query(ME);

    const owner = await someone(claimsOf('uta', VERIFIED));
    const { me: second } = await owner.query(ME);

    expect(second).toMatchObject({ email: 'uta@example.org' });
    expect(second.id).not.toBe(first.id);
    expect((await squatter.query(ME)).me.id).toBe(first.id);
    expect((await owner.query(ME)).me.id).toBe(second.id);
  });

  test('after a change of address yields to its verified owner', async () => {
    const squatter = await someone(claimsOf('viktor', VERIFIED));
    const { me } = await squatter.query(ME);
    await squatter.query(UPDATE, { id: me.id, input: { email: 'ceo@example.org' } });

    const { me: owner } = await (await someone(claimsOf('ceo', VERIFIED))).query(ME);

    expect(owner).toMatchObject({ email: 'ceo@example.org' });
    expect(owner.id).not.toBe(me.id);
  });

  test('may be one that is reserved, so the change reveals nothing', async () => {
    await (await someone(claimsOf('wanda', VERIFIED))).query(ME);
    const curious = await someone(claimsOf('xaver', VERIFIED));
    const { me } = await curious.query(ME);

    const taken = await curious.send(UPDATE, { id: me.id, input: { email: 'wanda@example.org' } });
    const free = await curious.send(UPDATE, { id: me.id, input: { email: 'none@example.org' } });

    expect([taken, free].map(outcomeOf)).toEqual(['ok', 'ok']);
  });

  test('is reserved once the provider has verified it', async () => {
    const { me } = await (await someone(claimsOf('yvonne', CLAIMED))).query(ME);
    await (await someone(claimsOf('yvonne', VERIFIED))).query(ME);

    const late = await (await someone(claimsOf('yvonne', { ...VERIFIED, sub: 'late' }))).send(ME);
    const { me: after } = await (await someone(claimsOf('yvonne', CLAIMED))).query(ME);

    expect(outcomeOf(late)).toBe('CONFLICT');
    expect(after.id).toBe(me.id);
  });

  test('that was meanwhile verified by another user stays with them', async () => {
    const claims = claimsOf('zacharias', CLAIMED);
    const { me: slow } = await (await someone(claims)).query(ME);
    const { me: owner } = await (await someone({ ...claims, ...VERIFIED, sub: 'fast' })).query(ME);

    const { me } = await (await someone({ ...claims, ...VERIFIED })).query(ME);

    expect(me.id).toBe(slow.id);
    const reserving = await product.sql(
      'select id from users where email = $1 and email_verified',
      [claims.email],
    );
    expect(reserving).toEqual([{ id: owner.id }]);
  });

  test('replaces a verified one when its owner changes it, which frees the former one', async () => {
    const moving = await someone(claimsOf('amalia', VERIFIED));
    const { me } = await moving.query(ME);
    await moving.query(UPDATE, { id: me.id, input: { email: 'new.amalia@example.org' } });

    const { me: next } = await (
      await someone(claimsOf('amalia', { ...VERIFIED, sub: 'next amalia' }))
    ).query(ME);

    expect(next.id).not.toBe(me.id);
  });
});

describe('a subject', () => {
  test('of another issuer is another user', async () => {
    const client = await someone(claimsOf('bruno'));
    const { me: before } = await client.query(ME);
    await product.sql(`update users set issuer = 'https://other.example' where id = $1`, [
      before.id,
    ]);

    const { me: after } = await client.query(ME);

    expect(after.id).not.toBe(before.id);
  });

  test('stored without its issuer gets the configured one at the next start', async () => {
    const client = await someone(claimsOf('carla'));
    const { me: before } = await client.query(ME);
    await product.sql('update users set issuer = null where id = $1', [before.id]);

    const again = await startProduct({ ...issuer.env, DATABASE_URL: product.config.databaseUrl });
    await again.close();

    const rows = await product.sql('select issuer from users where id = $1', [before.id]);
    expect(rows).toEqual([{ issuer: issuer.url }]);
    expect((await client.query(ME)).me.id).toBe(before.id);
  });

  test('stored without its issuer by an older release is recognized as well', async () => {
    const client = await someone(claimsOf('konrad'));
    const { me: before } = await client.query(ME);
    await product.sql('update users set issuer = null where id = $1', [before.id]);

    const answers = await Promise.all(Array.from({ length: 5 }, () => client.query(ME)));

    expect(new Set(answers.map(({ me }) => me.id))).toEqual(new Set([before.id]));
  });
});

test('counters do not reveal a user without a secret of the server', async () => {
  const client = await someone(claimsOf('dietrich'));
  const { me } = await client.query(ME);
  await client.query('mutation { requestPhotoUpload(contentType: "image/jpeg") { url } }');

  const rows = await product.sql<{ key: string }>(`select key from rates.counts`);

  expect(rows.filter(({ key }) => key.startsWith('upload:'))).not.toEqual([]);
  expect(rows.map(({ key }) => key).join()).not.toContain(me.id);
});

describe('a deleted user', () => {
  test('is not recreated by an old token if only their subject was stored', async () => {
    const claims = claimsOf('emil');
    const hash = createHash('sha256').update(claims.sub).digest('hex');
    await product.sql('insert into erased_subjects values ($1, now())', [hash]);

    expect(outcomeOf(await (await someone(claims)).send(ME))).toBe('UNAUTHENTICATED');
    expect(outcomeOf(await (await someone({ ...claims, iat: soonest() })).send(ME))).toBe('ok');
  });

  test('is not recreated by the old token, but by a newer one', async () => {
    const claims = claimsOf('paula');
    const old = await someone(claims);
    const { me: before } = await old.query(ME);
    await old.query(DELETE, { id: before.id });

    const refused = await old.send(ME);
    const { me: after } = await (await someone({ ...claims, iat: soonest() })).query(ME);
    const refusedStill = await old.send(ME);

    expect(outcomeOf(refused)).toBe('UNAUTHENTICATED');
    expect(after.id).not.toBe(before.id);
    expect(outcomeOf(refusedStill)).toBe('UNAUTHENTICATED');
    expect(await usersOf('paula@example.org')).toEqual([{ id: after.id }]);
  });

  test('is not recreated by a token dated ahead of our clock, and the error says when to sign in', async () => {
    const claims = claimsOf('pauline');
    const ahead = await someone({ ...claims, iat: now() + 20 });
    const { me } = await ahead.query(ME);
    await ahead.query(DELETE, { id: me.id });

    const refused = await ahead.send(ME);

    expect(outcomeOf(refused)).toBe('UNAUTHENTICATED');
    expect(refused.errors[0]?.message).toMatch(/Sign in again in ([12]?\d|30) seconds\.$/);
    expect(await usersOf('pauline@example.org')).toEqual([]);
  });

  test('who returns does not get a new allowance of photos and account changes', async () => {
    const limits = {
      RATE_UPLOAD: '2',
      RATE_ACCOUNT: '2',
      DATABASE_URL: product.config.databaseUrl,
    };
    const limited = await startProduct({ ...issuer.env, ...limits });
    const claims = claimsOf('quentin');
    const as = async (more = {}) =>
      graphqlClient(limited, await issuer.token({ ...claims, ...more }));
    const act = async (client: Awaited<ReturnType<typeof as>>, round: number) => {
      const { me } = await client.query(ME);
      const request = 'mutation { requestPhotoUpload(contentType: "image/jpeg") { url } }';
      const input = { username: `quentin-${round}` };
      const answers = [await client.send(request), await client.send(UPDATE, { id: me.id, input })];
      return answers.map(outcomeOf);
    };
    const first = await as();
    const before = [await act(first, 1), await act(first, 2)];
    const { me } = await first.query(ME);
    await first.query(DELETE, { id: me.id });

    const after = await act(await as({ iat: soonest() }), 3);
    await limited.close();

    expect(before).toEqual([
      ['ok', 'ok'],
      ['ok', 'ok'],
    ]);
    expect(after).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS']);
  });

  test('is not recreated by concurrent requests', async () => {
    const client = await someone(claimsOf('quirin'));
    const { me } = await client.query(ME);
    const asking = () => Array.from({ length: 10 }, () => client.send(ME));

    const answers = [...asking(), client.send(DELETE, { id: me.id }), ...asking()];
    const outcomes = (await Promise.all(answers)).map(outcomeOf);

    expect(outcomes.filter((outcome) => !['ok', 'UNAUTHENTICATED'].includes(outcome))).toEqual([]);
    expect(await usersOf('quirin@example.org')).toEqual([]);
  });

  test('leaves no data that identifies them', async () => {
    const { me } = await (await someone(claimsOf('rosa'))).query(ME);
    await (await boss()).query(DELETE, { id: me.id });

    const [{ everything } = { everything: '' }] = await product.sql<{ everything: string }>(
      `select string_agg(t::text, ' ') as everything from (
         select to_jsonb(users) from users union all select to_jsonb(erased_subjects) from erased_subjects
       ) t`,
    );

    expect(everything).not.toContain('rosa');
  });
});

describe('the token', () => {
  test.each([
    ['lowered role', { role: 'USER' }],
    ['new password', { password: 'another password' }],
  ])('is revoked by a %s, and a newer one works', async (_, input) => {
    const claims = claimsOf(`siegfried.${Object.keys(input)}`);
    const ahead = await someone({ ...claims, iat: now() + 20 });
    const { me } = await ahead.query(ME);
    await (await boss()).query(UPDATE, { id: me.id, input: { role: 'ADMIN' } });

    await (await boss()).query(UPDATE, { id: me.id, input });

    expect(outcomeOf(await (await someone(claims)).send(ME))).toBe('UNAUTHENTICATED');
    expect(outcomeOf(await ahead.send(ME))).toBe('UNAUTHENTICATED');
    expect(outcomeOf(await (await someone({ ...claims, iat: soonest() })).send(ME))).toBe('ok');
  });
});

describe('passwords and sign-up', () => {
  test('belong to the provider: signIn is FORBIDDEN', async () => {
    const { status, errors } = await graphqlClient(product).send(
      'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }',
      ADMIN,
    );

    expect(status).toBe(403);
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  test('are FORBIDDEN to anonymous callers and users', async () => {
    const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
    const input = { username: 'sneaky', email: 'sneaky@example.org', password: 'long enough' };
    const user = await someone(claimsOf('theodor'));

    const outcomes = [
      await graphqlClient(product).send(CREATE, { input }),
      await user.send(CREATE, { input }),
      await (await boss()).send(CREATE, { input }),
    ].map(outcomeOf);

    expect(outcomes).toEqual(['UNAUTHENTICATED', 'FORBIDDEN', 'ok']);
  });
});
