/** The product as it is deployed, on a database full of people. */
import { join } from 'node:path';
import { z } from 'zod';
import { bundle } from '../../bundle.mjs';
import { createDatabase, fill } from './database.ts';
import { type Server, startServer } from './servers.ts';

const FOLDER = 'dist/bench/product';
const SCRIPT = join(import.meta.dirname, '../..', FOLDER, 'main.js');
/** Who sends the requests: each user has a share of the connections, and one of them would measure their own queue. */
const USERS = 16;
const PASSWORD = 'password of the bench';
export const SECRET = 'a secret of the bench, of no worth to anybody';
/** Nothing here asks for a photo; named, the parts that keep and make them are not embedded. */
const NOWHERE = 'http://127.0.0.1:9';

export const bundleOurs = () => bundle(FOLDER);

/** @param postgres address of any database of the server */
export async function startOurs(
  postgres: string,
  people: number,
): Promise<Server & { database: string }> {
  const database = await createDatabase(postgres, `bench_${people}`);
  const server = await startServer(
    { name: 'Portrait', script: SCRIPT },
    {
      DATABASE_URL: database,
      JWT_SECRET: SECRET,
      PHOTO_BUCKET: 'none',
      PHOTO_URL: NOWHERE,
      IMAGE_API_URL: NOWHERE,
      CALLBACK_SECRET: `whsec_${'A'.repeat(32)}`,
    },
  );
  const ids = await fill(database, people);
  const tokens = [];
  for (let user = 0; user < USERS; user++) tokens.push(await signUp(server.url, user));
  return { ...server, ids, tokens, database };
}

const Answer = z.object({ data: z.object({ signIn: z.object({ token: z.string() }) }) });

/** @returns a token of a new user */
async function signUp(url: string, user: number): Promise<string> {
  const input = {
    username: `bench-${user}`,
    email: `bench-${user}@example.org`,
    password: PASSWORD,
  };
  const created = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }';
  await send(url, { query: created, variables: { input } });
  const query =
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }';
  const { data } = Answer.parse(await send(url, { query, variables: input }));
  return data.signIn.token;
}

async function send(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}
