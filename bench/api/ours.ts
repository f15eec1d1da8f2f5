/** The product as it is deployed, on a database full of people. */
import { join } from 'node:path';
import { z } from 'zod';
import { bundle } from '../../bundle.mjs';
import { createDatabase, fill } from './people.ts';
import { type Server, startServer } from './servers.ts';

const FOLDER = 'dist/bench/product';
const SCRIPT = join(import.meta.dirname, '../..', FOLDER, 'main.js');
const ADMIN = { email: 'admin@example.org', password: 'admin of the bench' };
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
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
    },
  );
  const ids = await fill(database, people);
  return { ...server, ids, token: await signIn(server.url), database };
}

const Answer = z.object({ data: z.object({ signIn: z.object({ token: z.string() }) }) });

async function signIn(url: string): Promise<string> {
  const query =
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { token } }';
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: ADMIN }),
  });
  const { data } = Answer.parse(await answer.json());
  return data.signIn.token;
}
