/** Starts Portrait as it is deployed, with a database full of users. */
import { join } from 'node:path';
import { z } from 'zod';
import { bundle } from '../../bundle.mjs';
import { createDatabase, insertUsers } from './database.ts';
import { type Server, startServer } from './servers.ts';

const FOLDER = 'dist/bench/product';
const SCRIPT = join(import.meta.dirname, '../..', FOLDER, 'main.js');
/** Users who send the requests. Each gets a share of the database connections, so a single one would measure their queue. */
const SENDERS = 16;
const PASSWORD = 'benchmark password';
export const SECRET = 'the JWT secret of a benchmark, used nowhere else';
/** No request reads a photo. With these URLs set, the product embeds neither bucket nor image API. */
const UNUSED_URL = 'http://127.0.0.1:9';

export const bundlePortrait = () => bundle(FOLDER);

/** @param postgres connection string of any database of the server */
export async function startPortrait(
  postgres: string,
  users: number,
): Promise<Server & { database: string }> {
  const database = await createDatabase(postgres, `bench_${users}`);
  const server = await startServer(
    { name: 'Portrait', script: SCRIPT },
    {
      DATABASE_URL: database,
      JWT_SECRET: SECRET,
      PHOTO_BUCKET: 'none',
      PHOTO_URL: UNUSED_URL,
      IMAGE_API_URL: UNUSED_URL,
      CALLBACK_SECRET: `whsec_${'A'.repeat(32)}`,
    },
  );
  const ids = await insertUsers(database, users);
  const tokens = [];
  for (let user = 0; user < SENDERS; user++) tokens.push(await signUp(server.url, user));
  return { ...server, ids, tokens, database };
}

const SignInResponse = z.object({ data: z.object({ signIn: z.object({ token: z.string() }) }) });

/** Creates a user. @returns a token of theirs */
async function signUp(url: string, user: number): Promise<string> {
  const input = {
    username: `bench-${user}`,
    email: `bench-${user}@example.org`,
    password: PASSWORD,
  };
  const createUser = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
  await send(url, { query: createUser, variables: { input } });
  const query =
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }';
  const { data } = SignInResponse.parse(await send(url, { query, variables: input }));
  return data.signIn.token;
}

async function send(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}
