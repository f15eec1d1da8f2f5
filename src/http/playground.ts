import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { getDistDirectory, renderAltair } from 'altair-static';
import type { FastifyInstance } from 'fastify';

/** The examples live with the schema: what the playground offers is what the README shows and the tests run. */
const OPERATIONS = join(
  dirname(findPackageJSON('.', import.meta.url) ?? ''),
  'schema',
  'operations',
);

/** Altair at `/playground`, all of it from this server: it works on a train, and asks nothing of anybody else. */
export async function addPlayground(server: FastifyInstance) {
  const page = renderAltair({
    baseURL: '/playground/',
    endpointURL: '/graphql',
    // Uploads need a header that no foreign page can send unasked.
    initialHeaders: { 'apollo-require-preflight': 'true' },
    initialWindows: await readExamples(),
    initialSettings: { 'banners.disable': true, 'alert.disableUpdateNotification': true },
    disableAccount: true,
  });

  server.get('/playground', (_request, reply) => reply.redirect('/playground/'));
  server.get('/playground/', (_request, reply) => reply.type('text/html').send(page));
  await server.register(fastifyStatic, {
    root: getDistDirectory(),
    prefix: '/playground/',
    index: false,
  });
}

/** Each file is a tab: its name, its operation, and variables from the `# {…}` lines at its top. */
async function readExamples() {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith('.graphql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(OPERATIONS, file), 'utf8');
      const variables = text.match(/^# (\{.*\})$/m)?.[1] ?? '{}';
      return {
        initialName: file.replace(/^\d+-|\.graphql$/g, ''),
        initialQuery: text,
        initialVariables: variables,
      };
    }),
  );
}
